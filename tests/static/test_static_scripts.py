"""Tools read out of JavaScript and TypeScript: every way of registering that we know."""

import json

import pytest

from crawler.static.reading import read

ZOD = 'import { z } from "zod";\n'


def reading(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_js", ".js").replace("_ts", ".ts").replace("_json", ".json")  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read(folder)


def one(folder, **files):
    found = reading(folder, **files)
    assert len(found.tools) == 1, (found.tools, found.artefacts)
    wire = found.tools[0].to_wire()
    wire.pop("_meta")
    return wire


TEXT = {"type": "string"}
PLACE = {"type": "object", "properties": {"place": TEXT | {"description": "Where"}}, "required": ["place"]}  # fmt: skip
SHAPE = '{ place: z.string().describe("Where") }'
LITERAL = json.dumps(PLACE)


@pytest.mark.parametrize(
    "code",
    [
        f'server.tool("look_up", "Look up.", {SHAPE}, async () => ({{}}));',
        f'server.tool("look_up", `Look ${{"up"}}.`, {SHAPE}, {{readOnlyHint: true}}, async () => ({{}}));',
        f'server.registerTool("look_up", {{ description: "Look up.", inputSchema: {SHAPE} }}, run);',
        f'server.registerTool("look_up", {{ description: "Look up.", inputSchema: z.object({SHAPE}).strict() }}, run);',
        f'const shape = {SHAPE}; const config = {{ description: "Look " + "up.", inputSchema: shape }};\nserver.registerTool(NAME, config, run); const NAME = "look_up";',
        f'server.addTool({{ name: "look_up", description: "Look up.", parameters: z.object({SHAPE}), execute: run }});',
        f'server.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: [{{ name: "look_up", description: "Look up.", inputSchema: {LITERAL} }}] }}));',
        f'const LOOK = {{ "name": "look_up", "description": "Look up.", "inputSchema": {LITERAL} }}; export default [LOOK];',
        f'const tools = {{ look_up: {{ description: "Look up.", inputSchema: {LITERAL} }} }};',
        f'const S = z.object({SHAPE}); tools.push({{ name: "look_up", description: "Look up.", inputSchema: zodToJsonSchema(S) }});',
        f'class LookUp extends Base {{ constructor() {{ super(); this.name = "look_up"; this.description = "Look up."; this.argsShape = {SHAPE}; }} }}',
        f'class LookUp {{ name = "look_up"; description = "Look up."; get inputSchema() {{ return {SHAPE}; }} }}',
        f'registerAppTool(server, "look_up", {{ description: "Look up.", inputSchema: {SHAPE} }}, run);',
        f'const Names = (() => ({{ LOOK: "look_up" }}))(); var N; (function (N) {{ N["LOOK"] = "look_up"; }})(N || (N = {{}}));\nserver.tool(N.LOOK, ["Look", "up."].join(" "), {SHAPE}, run);',
        f'const base = z.object({{}}); server.tool("look_up", "Look up.", base.extend({SHAPE}).shape, run);',
        f'var tools = {{ look_up: {{ description: "Look up.", parameters: z.object({SHAPE}), outputSchema: z.object({{}}) }} }};',
        f'var late; var init = __esm({{ "a.ts"() {{ late = z.object({SHAPE}); }} }}); var init2 = __esm({{ "b.ts"() {{ server.tool("look_up", "Look up.", late, run); }} }});',
        f'const part = z.object({SHAPE}); server.tool("look_up", "Look up.", {{ ...part.shape }}, run);',
    ],
)
def test_every_way_of_registering(tmp_path, code):
    wire = one(tmp_path, index_js=ZOD + code)
    wire.pop("annotations", None)
    wire.pop("outputSchema", None)
    assert wire == {"name": "look_up", "description": "Look up.", "inputSchema": PLACE}


@pytest.mark.parametrize(
    ("code", "schema", "is_required"),
    [
        ("z.string()", {"type": "string"}, True),
        ("z.string().min(1).max(9).optional()", {"type": "string", "minLength": 1, "maxLength": 9}, False),
        ("z.number().int().min(0).default(3)", {"type": "integer", "minimum": 0, "default": 3}, False),
        ("z.coerce.number()", {"type": "number"}, True),
        ("z.boolean().nullable()", {"type": ["boolean", "null"]}, True),
        ("z.enum(['a', 'b'])", {"type": "string", "enum": ["a", "b"]}, True),
        ("z.enum(KINDS)", {"type": "string", "enum": ["x", "y"]}, True),
        ("z.literal(7)", {"const": 7}, True),
        ("z.array(z.string()).max(2)", {"type": "array", "items": TEXT, "maxItems": 2}, True),
        ("z.string().array()", {"type": "array", "items": TEXT}, True),
        ("z.union([z.string(), z.number()])", {"anyOf": [TEXT, {"type": "number"}]}, True),
        ("z.record(z.string(), z.number())", {"type": "object", "additionalProperties": {"type": "number"}}, True),
        ("z.object({a: z.string()})", {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}, True),
        ("z.object({a: z.string(), b: z.string()}).pick({b: true}).partial()", {"type": "object", "properties": {"b": TEXT}}, True),
        ("z.string().url().describe(`A\\u0042${'C'}`)", {"type": "string", "format": "uri", "description": "ABC"}, True),
        ("z.number().max(1e400)", {"type": "number"}, True),
        ("external()", {}, True),
    ],
)  # fmt: skip
def test_zod_becomes_json_schema(tmp_path, code, schema, is_required):
    source = f'{ZOD}const KINDS = ["x", "y"]; server.tool("t_one", "T.", {{ value: {code} }}, run);'
    found = one(tmp_path, index_js=source)["inputSchema"]
    assert found["properties"]["value"] == schema
    assert found.get("required", []) == ["value"] * is_required


def test_names_lead_through_modules_of_both_systems(tmp_path):
    found = reading(
        tmp_path,
        package_json='{"main": "dist/main.js"}',
        dist__main_js='import { register } from "./esm.js"; import "./old.js"; register();',
        dist__esm_js='export * from "./names.js"; import { TOOL as T, texts } from "./names.js";\nexport const register = () => server.tool(T, texts.about, {}, run);',
        dist__names_js='export const TOOL = "from_import"; export const texts = { about: "About." };',
        dist__old_js='const names_1 = require("./common.js"); server.tool(names_1.OLD, "Old.", {}, run);',
        dist__common_js='"use strict"; Object.defineProperty(exports, "__esModule", {}); exports.OLD = "from_require";',
        dist__stray_js='server.tool("never_imported", "Stray.", {}, run);',
    )
    assert {(t.name, t.description) for t in found.tools} == {("from_import", "About."), ("from_require", "Old.")}  # fmt: skip


def test_typescript_is_read(tmp_path):
    code = """
enum Name { Look = "look_up" }
interface Args { a: string }
const tool: Tool = { name: Name.Look, description: "Look up." as const, inputSchema: { type: "object", properties: {} } satisfies Schema };
"""
    assert one(tmp_path, src__index_ts=code)["name"] == "look_up"


def test_of_two_scopes_the_inner_one_is_meant(tmp_path):
    code = 'const n = "outer_name"; function f() { const n = "inner_name"; server.tool(n, "D.", {}, run); }'  # fmt: skip
    assert one(tmp_path, index_js=code)["name"] == "inner_name"


def test_what_only_running_tells_is_an_ellipsis_in_a_text_and_no_name(tmp_path):
    found = reading(
        tmp_path,
        index_js='server.tool("real_one", `For ${user.name}.`, {}, run); server.tool(`get_${kind}`, "D.", {}, () => run());',
    )
    assert [(t.name, t.description) for t in found.tools] == [("real_one", "For ….")]
    assert found.artefacts == {"name made at run time": 1}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ('const a = { name: "high_${x}", description: "D.", inputSchema: {} };', "template text"),
        ("const a = { name: 'high_amount', description: `Amount ${c.amount} exceeds`, inputSchema: {} };", "template text"),
        ('const a = { name: "Input", description: "The input.", inputSchema: {} };', "one-word name"),
        ('const a = { name: "two words", description: "D.", inputSchema: {} };', "not a name"),
        ('const a = { name: "", description: "D.", inputSchema: {} };', "no name"),
        ('const a = { name: "paused", description: "D.", inputSchema: {} }, b = { name: "set_state", description: "D.", inputSchema: { type: "object", properties: { s: { enum: ["paused"] } } } };', "enum value"),
    ],
)  # fmt: skip
def test_artefacts_are_left_out_and_counted(tmp_path, code, why):
    found = reading(tmp_path, index_js=code)
    assert [t.name for t in found.tools if t.name != "set_state"] == []
    assert found.artefacts == {why: 1}


def test_an_inner_schema_of_tools_is_no_tool(tmp_path):
    code = ZOD + "const Tool = z.object({ name: z.string(), inputSchema: z.object({}) });"
    found = reading(tmp_path, index_js=code)
    assert (found.tools, found.artefacts) == ([], {})


@pytest.mark.parametrize(
    "code",
    [
        "const field = { name: 'users', description: 'All users.', type: UserList, args: { first: { type: Int } }, resolve: run };",
        "program.command('serve').description('Serve.').option('--port <n>', 'Port').action(run);",
        "const rule = { meta: { type: 'problem', schema: [{ type: 'object' }] }, create: run, name: 'no_x' };",
        "const route = { path: '/x', parameters: [{ name: 'id', in: 'path', schema: { type: 'string' } }] };",
        "toolbox.tool('hammer'); shed.addTool(hammer);",
        "const e = { name: 'TypeError', description: 'No.', params: {} };",
        "const schema = { type: 'object', properties: { name: { type: 'string' }, inputSchema: { type: 'object' } } };",
        "for (const t of tools) list.push({ name: t.name, description: t.description, inputSchema: t.schema });",
    ],
    ids=["GraphQL", "command line", "lint rule", "OpenAPI", "a shed", "error", "schema of tools", "a copy"],
)  # fmt: skip
def test_what_is_shaped_alike_is_no_tool(tmp_path, code):
    assert [tool.name for tool in reading(tmp_path, index_js=code).tools] == []


def test_tests_examples_types_and_dependencies_are_not_read(tmp_path):
    code = 'server.tool("not_ours", "D.", {}, run);'
    found = reading(tmp_path, node_modules__a__index_js=code, tests__a_js=code, examples__b_js=code)
    assert (found.tools, found.files) == ([], 0)


@pytest.mark.parametrize(
    "code",
    [
        "const a = b, b = a; server.tool(a, 'D.', {}, run);",
        "const a = {...a}; server.tool('x_y', 'D.', a, run);",
        "const a0 = 'xx';" + "".join(f"const a{n + 1} = a{n} + a{n};" for n in range(60)) + "server.tool('x_y', a60, {}, run);",
        "const a0 = ['x'];" + "".join(f"const a{n + 1} = [...a{n}, ...a{n}];" for n in range(60)) + "server.tool('x_y', a60.join(''), {}, run);",
        "server.tool('x_y', " + "(" * 50_000 + "'D.'" + ")" * 50_000 + ", {}, run);",
        "server.tool('x_y', 'D.', {a: " + "z.array(" * 5_000 + "z.string()" + ")" * 5_000 + "}, run);",
        "server.tool('x_y', 'D.', {a: z.string()" + ".optional()" * 5_000 + "}, run);",
        "const f = () => f(); server.tool('x_y', f(), {}, run);",
        "{" * 100_000,
        "`${" * 20_000,
        "\x00\xff\xfe not JavaScript at all }}} ))) server.tool(",
    ],
    ids=["names in a ring", "spread of itself", "text doubling", "list doubling", "parentheses", "nested schema", "long chain", "endless call", "braces", "templates", "garbage"],
)  # fmt: skip
def test_hostile_source_ends(tmp_path, code):
    (tmp_path / "good.js").write_text('server.tool("good_one", "Good.", {}, run);')
    (tmp_path / "bad.js").write_bytes(code.encode("latin-1"))
    (tmp_path / "index.js").write_text('import "./good.js"; import "./bad.js";')
    found = read(tmp_path)
    assert "good_one" in [tool.name for tool in found.tools]
    assert all(len(tool.description or "") <= 200_000 for tool in found.tools)


def test_a_package_with_too_many_tools_is_cut(tmp_path):
    code = "".join(f'server.tool("t_{n}", "D.", {{}}, run);' for n in range(5_100))
    found = reading(tmp_path, index_js=code)
    assert len(found.tools) == 5_000
    assert found.artefacts == {"over the limit of a package": 100}
