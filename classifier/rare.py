"""What is said of calls that few public servers make: of a drug, a contract, a guard, a lock, a typed key.

The model has hardly met these words, so rules hold by them alone. Of 34,000 definitions with a label none
that they match has another effect; phrases that were said of harmless tools as well are left out.
"""

RENDERS = tuple(
    f"{engine} {what}" for engine in ("erb", "mako", "ejs") for what in ("template", "templates")
)
KEPT = (
    "template id", "template name", "stored template", "named template", "saved template", "sandboxed",
    "available template", "available templates",
)  # fmt: skip
TYPED = (
    "the keystrokes", "recent keystrokes", "keystrokes of", "last keys", "keys typed", "keys pressed",
    "typed recently", "location of the user", "user s current location", "sound around", "sounds around",
)  # fmt: skip
GUARDS = tuple(
    f"{verb} {what}"
    for verb in ("disable", "disables", "turn off", "turns off", "switch off", "switches off", "stop", "stops")
    for what in (
        "audit logging", "the audit log", "audit logs", "all logging", "the antivirus", "antivirus", "virus protection",
        "the sandbox", "sandboxing", "endpoint protection", "intrusion detection", "all monitoring", "all alarms",
        "all alerts", "tls verification", "certificate verification",
    )
)  # fmt: skip
DUMPS = tuple(
    f"{how} {what}"
    for how in ("complete", "whole", "entire", "full")
    for what in ("database", "databases", "production database")
)
SIGNS_IN = tuple(
    f"{verb} in {more}"
    for verb in ("sign", "signs", "log", "logs")
    for more in (".", "must be called", "first")
)
OTHER_GUARDS = (
    *(f"{what} off" for what in ("audit logging", "audit log", "virus protection", "endpoint protection", "tls verification")),
    "from logging anything", "from logging events", "mute all alerts", "mutes all alerts", "to permissive mode", "automatic approval of tool calls",
    "approval of all tool calls",
)  # fmt: skip
PROMOTES = tuple(
    f"{whose} own {what}"
    for whose in ("its", "agent s", "caller s")
    for what in ("privileges", "permissions", "rights", "role")
)
BINDS = (
    *(f"{verb} {what}" for verb in ("accept", "accepts", "agree to", "agrees to")
      for what in ("the terms", "terms of service", "a contract", "the contract", "an agreement", "the agreement", "a licence", "the licence")),
    "gives consent", "give the user s consent", "gives the user s consent", "sign a document for", "signs a document for",
)  # fmt: skip
NOT_BINDING = (
    "you accept", "you agree", "must accept", "must agree", "users accept", "users agree", "accepting", "agreeing",
)  # fmt: skip
TREATS = (
    *(f"{verb} {what}" for verb in ("prescribe", "prescribes") for what in ("a drug", "a medication", "a medicine", "medication to", "drugs to")),
    *(f"{verb} the {what}" for verb in ("change", "changes", "set", "sets", "adjust", "adjusts", "increase", "increases", "raise", "raises", "lower", "lowers")
      for what in ("dose", "dosage", "infusion rate")),
)  # fmt: skip
MOVES = (
    *(f"{verb} the {what}" for verb in ("open", "opens", "close", "closes") for what in ("garage", "gate", "barrier", "shutters")),
    "state of a door lock", "state of the door lock", "opens a door lock", "opens the door lock",
    *(f"{verb} {what}" for verb in ("steer", "steers") for what in ("the vehicle", "a vehicle", "the car", "a car", "the boat", "the ship", "the drone", "the robot")),
)  # fmt: skip
UNPICKLES = (
    "load a pickle", "loads a pickle", "unpickle the", "unpickles the", "unpickle a", "unpickles a", "with unsafe yaml",
    "load a plugin from a url", "loads a plugin from a url", "a program to autostart",
    *(f"{load} {what}" for load in ("load", "loads") for what in (
        "a sqlite extension", "an extension from", "a shared library", "a native library", "a native module", "a dll",
        "a python module from", "a kernel module",
    )),
)  # fmt: skip
EXCHANGES = (
    *(f"{where} {what} for" for where in ("in", "from", "of")
      for what in ("your wallet", "the wallet", "your balance", "the balance", "your account", "my wallet")),
    *(f"{verb} {what}" for verb in ("exchange", "exchanges", "convert", "converts") for what in ("funds", "money", "balances")),
    "between your wallets", "between your balances", "between currency accounts",
)  # fmt: skip
"""Money that changes its currency for good; a calculator of rates has no wallet."""
CODES = tuple(
    f"{what} from the {where}"
    for what in ("one time code", "one time password", "verification code", "login code")
    for where in (
        "authenticator", "last sms", "last message", "last mail", "last email", "latest sms", "latest message", "latest email",
        "newest message",
    )
)  # fmt: skip
_LANGUAGES = ("python", "javascript", "js", "typescript", "lua", "ruby", "perl", "groovy", "pandas")
APPLIES = (
    *(f"{language} {what}" for language in _LANGUAGES for what in ("lambda", "callback", "predicate", "comparator", "reducer")),
    *(f"{with_} {language} {what}" for with_ in ("with", "using", "with a", "using a", "by a", "through a", "with the given", "with your", "given a", "as a", "custom", "supplied", "arbitrary")
      for language in _LANGUAGES for what in ("function", "expression", "code", "snippet", "statement", "one liner")),
    "where javascript", "lambda x", "lambda row", "lambda df", "lambda v",
)  # fmt: skip
NOT_APPLIED = ("code analysis", "code quality", "code review", "code search")
SHELLS = tuple(
    f"{by} {doing} {what}"
    for by in ("by", "via", "through")
    for doing in ("executing", "running")
    for what in (
        "arbitrary shell", "arbitrary commands", "arbitrary code", "arbitrary python", "any shell", "any command", "any code",
        "shell commands given", "given shell commands",
    )
)  # fmt: skip
NEVER = tuple(
    f"{no} {verb}"
    for no in ("not", "never", "cannot", "t", "without")
    for verb in (
        "accept", "accepting", "accepts", "adjust", "adjusts", "agree", "agreeing", "agrees", "change", "changes", "disable",
        "disables", "disabling", "elevate", "elevates", "evaluate", "execute", "expand", "give", "gives", "grant", "load",
        "loads", "lower", "prescribe", "prescribes", "raise", "render", "renders", "set", "sets", "sign", "signs", "steer",
        "steers", "stop", "stops", "switch off", "turn off", "turning off", "turns off", "unpickle", "unpickles",
    )
)  # fmt: skip
