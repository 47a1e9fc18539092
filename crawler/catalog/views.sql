CREATE VIEW tools AS
SELECT server.name AS server, tool.name AS tool, tool.ordinal, tool.origin,
       tool_version.definition_sha256, tool_version.definition, tool_version.server_text,
       tool.first_seen,
       CASE WHEN tool.removed_at IS NULL THEN MAX(tool.last_seen, COALESCE(server.tools_seen, ''))
            ELSE tool.last_seen END AS last_seen,
       tool.removed_at
FROM tool
JOIN server ON server.id = tool.server_id
JOIN tool_version ON tool_version.id = tool.current_version_id;
CREATE VIEW classified_tools AS
SELECT server.name AS server, tool.name AS tool, classification.category, classification.risk,
       classification.risk_score, classification.needs_review, classification.ruleset,
       classification.model, classification.created, classification.json_text
FROM classification
JOIN tool_version ON tool_version.id = classification.tool_version_id
JOIN tool ON tool.current_version_id = tool_version.id
JOIN server ON server.id = tool.server_id
WHERE tool.removed_at IS NULL AND server.status <> 'deleted';
CREATE VIEW last_probes AS
SELECT server.name AS server, probe.*
FROM probe JOIN server ON server.id = probe.server_id
WHERE probe.id = (SELECT MAX(id) FROM probe AS other WHERE other.server_id = probe.server_id);
