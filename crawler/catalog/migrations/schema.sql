CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE crawl_run (
	id INTEGER NOT NULL, 
	targets TEXT NOT NULL, 
	started_at TEXT NOT NULL, 
	finished_at TEXT, 
	summary TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE server (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	title TEXT, 
	description TEXT, 
	version TEXT, 
	repository_url TEXT, 
	website_url TEXT, 
	status TEXT NOT NULL, 
	stated_by TEXT, 
	tools_origin TEXT, 
	tools_source TEXT, 
	tools_seen TEXT, 
	first_seen TEXT NOT NULL, 
	last_seen TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE alias (
	name TEXT NOT NULL, 
	server_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	value TEXT NOT NULL, 
	since TEXT NOT NULL, 
	apart INTEGER NOT NULL, 
	PRIMARY KEY (name), 
	FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE TABLE frontier (
	server_id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	outcome TEXT, 
	reason TEXT, 
	failures INTEGER NOT NULL, 
	last_attempt TEXT, 
	next_attempt TEXT, 
	leased_by TEXT, 
	leased_until TEXT, domain TEXT, turn INTEGER DEFAULT '0' NOT NULL, era TEXT, told INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (server_id), 
	FOREIGN KEY(run_id) REFERENCES crawl_run (id), 
	FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE TABLE probe (
	id INTEGER NOT NULL, 
	server_id INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	transport TEXT, 
	endpoint TEXT, 
	era TEXT, 
	protocol_version TEXT, 
	server_title TEXT, 
	instructions TEXT, 
	sandbox TEXT, 
	dummy_config INTEGER NOT NULL, 
	truncated INTEGER NOT NULL, 
	started_at TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	payload_sha256 TEXT, 
	tool_count INTEGER NOT NULL, 
	problems TEXT NOT NULL, auth_scheme TEXT, auth_metadata_url TEXT, auth_scope TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE INDEX ix_probe_server_id ON probe (server_id);
CREATE TABLE server_key (
	kind TEXT NOT NULL, 
	value TEXT NOT NULL, 
	server_id INTEGER NOT NULL, 
	PRIMARY KEY (kind, value, server_id), 
	FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE TABLE tool (
	id INTEGER NOT NULL, 
	server_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	ordinal INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	current_version_id INTEGER NOT NULL, 
	first_seen TEXT NOT NULL, 
	last_seen TEXT NOT NULL, 
	removed_at TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(server_id) REFERENCES server (id), 
	UNIQUE (server_id, name, ordinal)
);
CREATE TABLE package (
	id INTEGER NOT NULL, 
	server_id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	registry_type TEXT NOT NULL, 
	identifier TEXT NOT NULL, 
	version TEXT, 
	transport TEXT NOT NULL, 
	arguments TEXT NOT NULL, 
	required_inputs TEXT NOT NULL, 
	file_sha256 TEXT, 
	registry_base_url TEXT, command TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(listing_id) REFERENCES listing (id), 
	FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE INDEX ix_package_listing_id ON package (listing_id);
CREATE INDEX ix_package_server_id ON package (server_id);
CREATE TABLE remote (
	id INTEGER NOT NULL, 
	server_id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	transport TEXT NOT NULL, 
	url TEXT NOT NULL, 
	required_inputs TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(listing_id) REFERENCES listing (id), 
	FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE INDEX ix_remote_listing_id ON remote (listing_id);
CREATE INDEX ix_remote_server_id ON remote (server_id);
CREATE TABLE tool_version (
	id INTEGER NOT NULL, 
	tool_id INTEGER NOT NULL, 
	definition_sha256 TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	extra TEXT, 
	server_text TEXT NOT NULL, 
	context_sha256 TEXT NOT NULL, 
	first_seen TEXT NOT NULL, 
	last_seen TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(tool_id) REFERENCES tool (id), 
	UNIQUE (tool_id, context_sha256)
);
CREATE TABLE classification (
	id INTEGER NOT NULL, 
	tool_version_id INTEGER NOT NULL, 
	input_sha256 TEXT NOT NULL, 
	ruleset TEXT NOT NULL, 
	model TEXT NOT NULL, 
	category TEXT NOT NULL, 
	risk TEXT NOT NULL, 
	risk_score INTEGER NOT NULL, 
	needs_review INTEGER NOT NULL, 
	json_text TEXT NOT NULL, 
	created TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(tool_version_id) REFERENCES tool_version (id), 
	UNIQUE (tool_version_id, ruleset, model)
);
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
CREATE INDEX frontier_due ON frontier (run_id, state, turn);
CREATE INDEX frontier_domain ON frontier (run_id, domain, turn);
CREATE TABLE walk (
	source TEXT NOT NULL, 
	url TEXT NOT NULL, 
	walked_at TEXT NOT NULL, 
	full_at TEXT NOT NULL, 
	PRIMARY KEY (source, url)
);
CREATE TABLE listing (
    id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    url TEXT NOT NULL,
    record_sha256 TEXT,
    statement TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (server_id, source, place),
    FOREIGN KEY(server_id) REFERENCES server (id)
);
CREATE TABLE stop (
	source TEXT NOT NULL, 
	place TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	PRIMARY KEY (source, place)
);
CREATE TABLE tool_change (
	id INTEGER NOT NULL, 
	tool_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	at TEXT NOT NULL, 
	version_id INTEGER NOT NULL, 
	previous_version_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(tool_id) REFERENCES tool (id), 
	FOREIGN KEY(version_id) REFERENCES tool_version (id), 
	FOREIGN KEY(previous_version_id) REFERENCES tool_version (id)
);
CREATE INDEX ix_tool_change_tool_id ON tool_change (tool_id);
INSERT INTO alembic_version (version_num) VALUES ('0006');
