"""What a call does, as a table of rules: the settled cases of the labelling guide.

Each rule votes for a category and a risk; the model weighs the votes together with the words,
so a rule may be right more often than not without being a law. Order is only for reading.
"""

from functools import cache

from classifier import abroad, flagged, offers, passing, rare
from classifier.rules import Rule, RuleBook, rule

_READS = "@read-get @read-list @read-search @read-inspect @read-analyze @read-capture"
_HARMLESS = _READS + " @other-compute @other-think @other-meta"
_MAKES = "@write-create @write-update @write-save"
_RUNS = "@exec-run @exec-stop"
_AI = "@model-ai"
_READ_ONLY = (
    "read only", "readonly", "select query", "select queries", "select statement",
    "select statements", "only select", "without executing", "without execution", "does not execute",
    "does not modify", "doesn t modify", "no modifications", "no changes", "never modifies",
    "no side effects", "without modifying", "safe read", "read only queries", "read only sql",
)  # fmt: skip
_DRY = (
    "dry run", "without executing", "without sending", "without actually", "does not send",
    "does not execute", "doesn t execute", "unsigned", "not signed", "would be", "without broadcasting",
    "won t be added", "simulated",
)  # fmt: skip

_ENDS = ("deletes", "erases", "destroys", "wipes", "overwrites", "purges", "truncates")
_ALL = ("all", "every", "it", "everything")
_DELETES_TOO = (
    *(f"{lead} {verb}" for verb in (*_ENDS, "removes") for lead in ("also", "then", "silently", "permanently")),
    *(f"it {verb}" for verb in _ENDS),
    *(f"{verb} {what}" for verb in (*_ENDS, "removes") for what in _ALL),
    *(f"{lead} {verb} {what}" for verb in ("delete", "remove", "erase", "destroy", "wipe", "overwrite", "purge", "truncate") for what in _ALL for lead in ("and", "then")),
    "and delete them", "and remove them", "and deletes", "then delete", "also delete", "and then delete", "and then remove",
    "side effect clears", "side effect deletes", "clears the audit", "and clear them", "and clears them", "and clear it",
    "is then removed", "are then removed", "is removed from the queue", "are removed from the queue",
    "cannot be read again", "are then deleted", "is then deleted",
)  # fmt: skip
_SENDS_TOO = (
    *(f"{lead} {verb}" for verb in ("sends", "uploads", "forwards", "transmits", "pays", "executes") for lead in ("also", "then", "silently")),
    *(f"and {verb} {what}" for verb in ("sends", "uploads", "forwards", "emails", "send", "upload", "forward", "email") for what in ("it", "them")),
)  # fmt: skip
_PAYS_TOO = (
    "and book the", "and buy the", "and orders the", "and pay the", "and pays", "and transfer the", "and transfers",
    "then books", "then buys", "then pays", "then transfers", "then purchases",
    "and capture it", "and captures it", "and charge it",
)  # fmt: skip
_RUNS_TOO = (
    "by running its", "by applying it", "then restarts", "and restart the", "then deploys",
    "also runs", "also restarts", "and unlocks",
)  # fmt: skip
_RUNS_FILE_TOO = (
    "and execute it", "and executes it", "then execute it", "then executes it", "is then executed", "and run it", "and runs it",
)  # fmt: skip
_RUNS_CODE_TOO = (
    "executes the downloaded", "any python code", "any javascript code", "evaluated as python", "evaluated as code",
    "javascript allowed", "javascript is allowed", "as raw sql", "verbatim into the sql", "into the sql statement",
)  # fmt: skip
_LASTING = (
    "irreversible", "irreversibly", "cannot be undone", "can not be undone", "can t be undone", "cannot be recovered",
    "can not be recovered", "not recoverable", "cannot be restored", "unrecoverable", "no way back", "gone for good",
    "lost forever", "stops existing", "cease to exist", "overwriting target", "overwriting the target",
    "overwriting the destination", "overwrites the target", "overwrites the destination", "target is overwritten",
    *(f"{what} {gone}" for what in ("not in the source", "extra files", "extra files in the target", "extra files in the destination", "files in the target", "files in the destination", "missing from the source") for gone in ("disappear", "vanish", "are deleted", "are removed", "will be deleted", "will be removed")),
    "is emptied first", "are emptied first", "emptied before", "cannot be reversed", "can not be reversed", "can t be reversed",
    "are deleted on the other", "is deleted on the other", "gets deleted on the other", "rsync delete",
    "is dropped first", "are dropped first", "dropped and recreated", "drops and recreates", "deleted and recreated",
)  # fmt: skip
"""What is said of a change that nobody can take back: of 60 such definitions of gold and ours none is below high."""
_SECRETS_TOO = (
    "etc shadow", "ssh private key", "ssh private keys", "ssh id rsa", "saved passwords", "stored passwords",
    "browser passwords", "aws credentials file", "the keychain",
)  # fmt: skip
_MEASURES = "size sizes usage space byte bytes unit units human readable string text label labels report number value price trading display"
_SHOWN_HERE = (
    *(f"{where} notification{s}" for where in ("desktop", "system", "native", "macos", "windows", "os", "toast", "local") for s in ("", "s")),
    "notification center", "notification centre", "notify send", "a toast",
)  # fmt: skip
"""What is shown to who sits at this machine: all 15 definitions, of people and of ours, that send such are Other, low."""
_REVERSIBLE = tuple(
    f"{no} {what}" for no in ("not", "nothing") for what in ("irreversible", "irreversibly")
)
_WRITES_TOO = (
    "and marks it", "and archive the", "then archives", "creates one if", "create one if",
    "creates it if", "then moves", "then updates", "also updates", "also creates", "then creates", "also writes",
    "also modifies", "also changes", "then changes",
)  # fmt: skip
"""What a tool that reads says it does as well: of 25,794 public definitions none that reads says so. What only
tells the model to go on ("then book it"), names things ("builds and deploys") or says how the call itself
works ("it sends the query", "removes duplicates automatically") is not among them."""
_NOTHING = tuple(
    f"{verb} {what}"
    for verb in (
        "deletes",
        "removes",
        "sends",
        "uploads",
        "executes",
        "pays",
        "transmits",
        "forwards",
    )
    for what in ("nothing", "no")
)
EFFECTS: tuple[Rule, ...] = (
    # Read
    rule("read", "Read", "low", acts=_READS),
    rule("read-name-first", "Read", "low", acts="get list search fetch query find read describe show view lookup count check", unless_near="@session"),
    rule("read-only-stated", "Read", "medium", phrases=_READ_ONLY, unless_acts="@write-delete"),
    rule("read-query", "Read", "medium", "sensitive_data", acts="query run execute select search", near="@database @query", phrases=_READ_ONLY),
    rule("read-web-search", "Read", "low", "untrusted_content", acts="@read-search", near="@web @news google bing brave duckduckgo searxng tavily serp exa perplexity kagi web"),
    rule("read-fetch-url", "Read", "medium", "untrusted_content", acts="fetch get scrape crawl extract read convert download open load retrieve summarize", flags="url url!", unless_acts=_RUNS, unless_flags="method outpath"),
    rule("read-scrape", "Read", "medium", "untrusted_content", acts="scrape crawl extract fetch", near="@web"),
    rule("read-local-file", "Read", "medium", "sensitive_data untrusted_content", acts="read view get open load cat head tail show parse extract analyze search grep list", near="@file @directory", flags="path path!", unless_flags="outpath", unless_near="@repo @issue"),
    rule("read-directory", "Read", "medium", "sensitive_data", acts="@read-list @read-search @read-get", near="@directory"),
    rule("read-mail", "Read", "medium", "sensitive_data untrusted_content", acts=_READS, near="@mail"),
    rule("read-message", "Read", "medium", "sensitive_data untrusted_content", acts=_READS, near="@message", unless_near="@mail"),
    rule("read-calendar", "Read", "medium", "sensitive_data", acts=_READS, near="@calendar", around="calendar google outlook caldav gcal ical meeting", unless_near="@log @market @game"),
    rule("read-contact", "Read", "medium", "sensitive_data", acts=_READS, near="@contact @customer"),
    rule("read-user", "Read", "medium", "sensitive_data", acts=_READS, near="@user", unless_near="me whoami my self current"),
    rule("read-self", "Read", "low", acts=_READS, near="me whoami myself self", near2="@user @account profile"),
    rule("read-location", "Read", "medium", "sensitive_data", acts=_READS, near="location gps whereabouts", around="device phone vehicle tracker person family"),
    rule("read-health", "Read", "medium", "sensitive_data", acts=_READS, around="@health", unless_around="@selfserver"),
    rule("read-health-2", "Read", "medium", "sensitive_data", acts=_READS, near="@health"),
    rule("read-finance-own", "Read", "medium", "sensitive_data", acts=_READS, near="@position @finance @invoice balance account", around="bank banking broker brokerage ynab plaid trading accounting exchange stripe paypal xero quickbooks alpaca portfolio binance bybit"),
    rule("read-cost", "Read", "medium", "sensitive_data", acts=_READS, near="@cost", around="aws azure gcp cloud billing"),
    rule("read-private-doc", "Read", "medium", "sensitive_data", acts=_READS, near="@document note notes page document", around="notion confluence google docs drive sharepoint obsidian evernote onenote gdrive apple bear joplin logseq anytype vault workspace"),
    rule("read-log", "Read", "medium", "sensitive_data", acts=_READS, near="@log", unless_near="build ci changelog git commit workflow job pipeline"),
    rule("read-database", "Read", "medium", "sensitive_data", acts="query read select find search get fetch aggregate sample", near="row rows record records data document documents query collection", around="@database"),
    rule("read-schema", "Read", "low", acts=_READS, near="schema schemas tables databases columns structure indexes collections", around="@database"),
    rule("read-secret", "Read", "critical", "credentials", acts="@read-get @read-list @read-inspect @read-capture", near="secret secrets password passwords credential credentials private_key mnemonic vault token env", unless_near="@crypto count usage price market metadata context max limit", unless_phrases=("without values", "names only", "not the values", "does not return")),
    rule("read-issue", "Read", "low", "untrusted_content", acts=_READS, near="@issue @comment", unless_near="schema"),
    rule("read-social", "Read", "low", "untrusted_content", acts=_READS, near="@social @news"),
    rule("read-transcript", "Read", "low", "untrusted_content", acts=_READS, near="transcript transcripts subtitles captions subtitle caption"),
    rule("read-screenshot", "Read", "medium", "sensitive_data", acts="screenshot capture take snapshot get", near="screenshot screen snapshot webcam photo camera", around="@browser @device @screen"),
    rule("read-page-text", "Read", "medium", "untrusted_content", acts="get read extract snapshot view", near="page text html content dom snapshot", around="@browser"),
    rule("read-audit", "Read", "low", acts="audit run lint check scan review", near="audit lighthouse accessibility lint seo performance vulnerabilities"),
    rule("read-analyze", "Read", "low", acts="@read-analyze"),
    rule("read-api-name", "Read", "low", phrases=("returns the", "return the", "returns a list", "returns information", "retrieves"), unless_acts=_MAKES + " @write-delete @exec-run @exec-send @exec-trade"),
    rule("read-status", "Read", "low", near="status state progress", acts="get check poll status wait @read-get @read-inspect"),
    rule("read-export-inline", "Read", "medium", acts="export download", unless_flags="outpath path path!"),
    rule("read-mass-export", "Read", "high", "bulk sensitive_data", acts="export dump download", near="all entire every bulk users contacts messages database"),
    rule("read-batch", "Read", "low", "bulk", acts=_READS, near="batch multiple bulk many several", flags="targets! array! targets array"),
    # Write
    rule("write", "Write", "medium", acts=_MAKES + " @write-mark @write-undo"),
    rule("write-delete", "Write", "high", "destructive", acts="@write-delete", unless_near="@session cache breakpoint filter selection"),
    rule("soft-delete", "Write", "medium", acts="@write-delete remove soft", phrases=("soft delete", "soft deletes", "soft deleted"), unless_phrases=("hard delete", "permanently", "instead of", "not a soft", "no soft"), apart=True, lifts="write-delete write-delete-array write-delete-big write-delete-many write-drop"),
    rule("write-delete-many", "Write", "critical", "destructive bulk", acts="@write-delete", near="all batch bulk multiple every entire everything", unless_phrases=("all fields",)),
    rule("write-delete-array", "Write", "critical", "destructive bulk", acts="@write-delete", flags="targets targets! array!"),
    rule("write-delete-big", "Write", "critical", "destructive", acts="@write-delete destroy terminate", near="database databases account accounts workspace organization environment cluster instance instances server servers project projects user users bucket namespace repository repo tenant site vm table collection index stack droplet zone domain keyspace namespace deployment", unless_near="member members from field column row record comment item"),
    rule("deletes-as-well", "Write", "high", "destructive", acts=_READS + " @other-compute @other-think @other-meta", phrases=_DELETES_TOO, unless_acts="@write-delete @write-undo", unless_phrases=(*_DRY, *_NOTHING), as_well=True),
    rule("sends-as-well", "Execute", "high", "external_side_effect", acts=_READS + " @other-compute @other-think @other-meta", phrases=_SENDS_TOO, unless_acts="@exec-send @exec-run", unless_phrases=(*_DRY, *_NOTHING), as_well=True),
    rule("pays-as-well", "Execute", "critical", "financial external_side_effect", acts=_READS, phrases=_PAYS_TOO, unless_acts="@exec-trade @exec-send @exec-run", unless_phrases=_DRY, as_well=True),
    rule("runs-as-well", "Execute", "high", "external_side_effect", acts=_READS + " validate", phrases=_RUNS_TOO, unless_acts="@exec-run", unless_phrases=_DRY, as_well=True),
    rule("runs-code-as-well", "Execute", "critical", "code_execution", acts=_READS + " @write-save @other-compute @other-think @other-meta", phrases=_RUNS_CODE_TOO, unless_acts="@exec-run", unless_phrases=(*_DRY, *_READ_ONLY), as_well=True),
    rule("runs-file-as-well", "Execute", "critical", "code_execution", acts=_READS + " @write-save download fetch", near="file files script binary executable installer program package archive payload url", phrases=_RUNS_FILE_TOO, unless_acts="@exec-run", unless_phrases=(*_DRY, *_READ_ONLY), as_well=True, apart=True),
    rule("reads-secrets-as-well", "Read", "critical", "credentials", acts=_READS, phrases=_SECRETS_TOO, unless_phrases=("except", "excluding", "excluded", "without", "never", "not", "refuses", "refused", "denied", "blocked", "id rsa pub", "public key", "public keys", "public ssh keys"), as_well=True, apart=True),
    rule("lasts-as-well", "Write", "high", "destructive", acts="mirror synchronise @write-create @write-update @write-save @write-mark @write-undo @exec-run @exec-send @exec-stop @exec-trade", phrases=_LASTING, unless_phrases=(*_DRY, *_NOTHING, *_REVERSIBLE), as_well=True, apart=True),
    rule("deletes-abroad", "Write", "high", "destructive", acts=_READS + " @other-compute @other-meta", near=abroad.ARTICLES, phrases=abroad.DELETES, unless_acts="@write-delete @write-undo", unless_phrases=abroad.NOT_DELETES, as_well=True, apart=True),
    rule("sends-abroad", "Execute", "high", "external_side_effect", acts=_READS + " @other-compute @other-meta", near=abroad.ARTICLES, phrases=abroad.SENDS, unless_acts="@exec-send @exec-run", unless_phrases=abroad.NOT_SENDS, as_well=True, apart=True),
    rule("runs-abroad", "Execute", "critical", "code_execution", acts=_READS + " @write-save", near=abroad.FILES, phrases=abroad.RUNS, as_well=True, apart=True),
    rule("lasts-abroad", "Write", "high", "destructive", acts="@write-create @write-update @write-save @write-mark", near=abroad.ARTICLES, phrases=abroad.LASTING, unless_phrases=abroad.NOT_LASTING, as_well=True, apart=True),
    rule("renders-as-well", "Execute", "high", "code_execution", near="render renders evaluate evaluates expand expands process processes format formats preview fill output execute", phrases=rare.RENDERS, unless_acts="@read-list @write-create @write-delete @write-save @write-update", unless_phrases=(*rare.KEPT, *_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("watches-as-well", "Read", "medium", "sensitive_data", acts=_READS, near="keystrokes keys typed location sound sounds", phrases=rare.TYPED, as_well=True, apart=True),
    rule("unguards-as-well", "Write", "high", "admin", acts="@write-update @exec-stop @write-mark allow switch turn", near="disable disables turn turns switch switches stop stops mute mutes permissive approval", phrases=(*rare.GUARDS, *rare.OTHER_GUARDS), unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("promotes-as-well", "Write", "critical", "admin", near="elevate elevates escalate escalates raise raises extend extends increase increases widen widens grant grants", phrases=rare.PROMOTES, unless_acts=_READS, unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("binds-as-well", "Execute", "high", "external_side_effect", near="accept accepts agree agrees consent sign signs", phrases=rare.BINDS, unless_acts=_READS, unless_phrases=(*rare.NOT_BINDING, *_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("treats-as-well", "Execute", "high", "external_side_effect", near="prescribe prescribes dose dosage infusion", phrases=rare.TREATS, unless_acts=_READS + " @other-compute @other-think", unless_near="simulate simulation calculate calculator", unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("moves-as-well", "Execute", "high", "external_side_effect", near="lock vehicle car boat ship drone robot garage gate barrier shutters", phrases=rare.MOVES, unless_acts=_READS, unless_around="@game", unless_near="code pin", unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("exchanges-as-well", "Execute", "critical", "financial external_side_effect", acts="exchange exchanges convert converts swap swaps", phrases=rare.EXCHANGES, unless_acts=_READS, unless_near="quote preview estimate estimates simulate calculate calculator history", unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("unpickles-as-well", "Execute", "high", "code_execution", near="pickle unpickle unpickles yaml plugin autostart extension library module dll", phrases=rare.UNPICKLES, unless_acts="@read-list", unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("applies-code-as-well", "Execute", "critical", "code_execution", acts="aggregate apply calculate compute filter find group map mutate query reduce sort transform", phrases=rare.APPLIES, unless_acts="@read-list @exec-run", unless_phrases=(*_DRY, *rare.NEVER, *rare.NOT_APPLIED), as_well=True, apart=True),
    rule("shells-as-well", "Execute", "critical", "code_execution", near="executing running", phrases=rare.SHELLS, unless_acts="@exec-run @read-analyze detect prevent scan", unless_phrases=(*_DRY, *rare.NEVER), as_well=True, apart=True),
    rule("reads-codes-as-well", "Read", "critical", "credentials", acts=_READS, near="code password", phrases=rare.CODES, as_well=True, apart=True),
    rule("writes-as-well", "Write", "medium", acts=_READS, phrases=_WRITES_TOO, unless_acts="@write-create @write-delete @write-mark @write-save @write-update @exec-run @exec-send", unless_phrases=_DRY, as_well=True),
    rule("writes-in-passing", "Write", "medium", acts=_READS, phrases=passing.WRITES, unless_acts=_MAKES + " @write-delete @write-mark @write-undo @exec-run @exec-send", unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("deletes-in-passing", "Write", "high", "destructive", acts=_HARMLESS, phrases=passing.DELETES, unless_acts="@write-delete @write-undo", unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("pays-in-passing", "Execute", "critical", "financial external_side_effect", phrases=passing.PAYS, unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("sends-in-passing", "Execute", "high", "external_side_effect", acts=_HARMLESS, phrases=passing.SENDS, unless_acts="@exec-run", unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("stops-in-passing", "Execute", "high", "external_side_effect", acts=_HARMLESS, phrases=passing.STOPS, unless_acts="@exec-stop @exec-run", unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("runs-code-in-passing", "Execute", "critical", "code_execution", acts=_HARMLESS, phrases=passing.RUNS_CODE, unless_acts="@exec-run", unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("runs-as-is-in-passing", "Execute", "critical", "code_execution", phrases=passing.AS_IS, unless_phrases=(*_DRY, *_READ_ONLY), as_well=True, apart=True),
    rule("runs-script-in-passing", "Execute", "high", "code_execution", acts=_READS + " download clone install unpack extract @write-save", phrases=passing.RUNS_SCRIPT, unless_phrases=(*_DRY, *passing.SPOKEN_OF), as_well=True, apart=True),
    rule("deletes-by-flag", "Write", "high", "destructive", acts=_HARMLESS, phrases=flagged.DELETES, unless_phrases=_DRY, as_well=True, apart=True),
    rule("sends-by-flag", "Execute", "high", "external_side_effect", acts=_HARMLESS + " @write-create", phrases=flagged.SENDS, unless_phrases=_DRY, as_well=True, apart=True),
    rule("pays-by-flag", "Execute", "critical", "financial external_side_effect", acts=_HARMLESS, phrases=flagged.PAYS, unless_phrases=_DRY, as_well=True, apart=True),
    rule("offers-writes-as-well", "Write", "medium", near=offers.WRITES, unless_phrases=(*_DRY, *offers.OWN), as_well=True, apart=True),
    rule("offers-deletes-as-well", "Write", "high", "destructive", near=offers.DELETES, unless_phrases=(*_DRY, *offers.OWN), as_well=True, apart=True),
    rule("offers-runs-as-well", "Execute", "medium", "external_side_effect", near=offers.RUNS, unless_phrases=(*_DRY, *offers.OWN), as_well=True, apart=True),
    rule("format-disk", "Write", "critical", "destructive", acts="format", near="disk drive partition volume", unless_near=_MEASURES),
    rule("dumps-as-well", "Read", "high", "bulk sensitive_data", acts="dump export", phrases=rare.DUMPS, unless_phrases=(*_DRY, "schema only", "without data", *rare.NEVER), as_well=True, apart=True),
    rule("signs-in-as-well", "Execute", "high", "credentials external_side_effect", near="sign signs log logs", phrases=rare.SIGNS_IN, unless_acts=_READS, unless_phrases=(*_DRY, *rare.NEVER, "you must", "you have to", "users"), as_well=True, apart=True),
    rule("unsubscribes-as-well", "Write", "medium", acts="unsubscribe", phrases=("mailing list", "newsletter", "newsletters", "list unsubscribe"), as_well=True, apart=True),
    rule("formats-as-well", "Write", "critical", "destructive", acts="format", near="disk drive partition volume", unless_near=_MEASURES, unless_phrases=("on disk", "on the disk", "on a disk"), as_well=True, apart=True),
    rule("write-drop", "Write", "critical", "destructive", acts="drop truncate purge wipe flush destroy", near="@database @storage @cache queue everything data"),
    rule("write-remove-from-list", "Write", "medium", acts="remove unassign detach unlink unsubscribe unfollow", phrases=("from a list", "from the list", "from list", "from a playlist", "from playlist", "from watchlist", "from a group", "from group", "from an issue", "from a task", "from project", "from a card", "from favorites", "from the cart", "from a project")),
    rule("write-remove-light", "Write", "medium", acts="remove unassign detach unlink", near="label labels tag tags member assignee reaction favorite favourite watcher star pin dependency relation relationship from playlist watchlist list cart group"),
    rule("write-archive", "Write", "medium", acts="archive close trash unpublish deactivate disable resolve complete", near="@task @issue @document @project conversation thread record"),
    rule("write-overwrite", "Write", "high", "destructive", acts="@write-save @write-create @write-update", phrases=("overwrite the", "completely overwrite", "overwrites", "overwriting", "completely replace", "replace entire", "replace the entire", "replaces the entire", "replaces entire", "create or overwrite", "will overwrite", "entire contents", "overwrite existing"), unless_phrases=("optionally overwrite", "overwrite false")),
    rule("write-file", "Write", "high", "destructive", acts="write", near="file", flags="content content!"),
    rule("write-to-disk", "Write", "medium", flags="outpath outpath!"),
    rule("write-to-disk-said", "Write", "medium", phrases=("save to", "saves to", "saved to", "to disk", "to a file", "saves the", "and save", "and saves", "to a local file", "write to", "writes to", "to local", "output file", "file path of the", "path to the saved", "path to the generated", "保存到", "保存为"), unless_acts="@read-get @read-list @read-search"),
    rule("write-download", "Write", "medium", acts="download", flags="outpath outpath! path path!"),
    rule("write-upload", "Write", "medium", acts="upload import ingest store save index", unless_near="@shell"),
    rule("write-record-comment", "Write", "medium", acts="add create post reply comment", near="comment comments note notes review", unless_around="@social youtube", unless_near="@message @mail"),
    rule("write-merge", "Write", "medium", acts="merge approve rebase commit push", near="@issue @repo pull request"),
    rule("write-task", "Write", "medium", acts=_MAKES, near="@task @issue @document @template @config"),
    rule("write-role", "Write", "critical", "admin", acts="grant assign add attach update set revoke bind create put", near="role roles permission permissions policy acl admin superuser grant privilege privileges iam", unless_near="@model-ai roleplay"),
    rule("write-sharing", "Write", "high", "admin", acts="share invite add publish_link", near="member members collaborator collaborators permission access team organization user users workspace sharing"),
    rule("write-user", "Write", "high", "admin", acts="create add update delete disable enable suspend register provision remove block reset", near="user users member account accounts", unless_around="@game", unless_near="@crypto story stories"),
    rule("write-security", "Write", "high", "admin", acts=_MAKES + " @write-mark enforce", near="firewall mfa security waf sso authentication policy cors ssl ruleset access_policy permission"),
    rule("write-secret", "Write", "high", "credentials", acts=_MAKES + " put store", near="secret secrets password credential credentials env_var environment_variable variable variables vault passwd", unless_near="@math css tensor workflow"),
    rule("write-new-key", "Write", "critical", "credentials", acts="create generate rotate regenerate issue reset add roll", near="api_key apikey key keys token tokens credential credentials certificate service_account access_key", unless_near="@crypto value pair keyword nft erc20 count design foreign primary listen", unless_around="@crypto"),
    rule("write-webhook", "Write", "medium", acts="create add register set update subscribe configure", near="@webhook"),
    rule("write-draft", "Write", "medium", acts="draft create save", near="draft drafts cart quote estimate"),
    rule("write-calendar", "Write", "medium", acts=_MAKES + " schedule book", near="event meeting appointment calendar"),
    rule("write-attendees", "Write", "medium", "external_side_effect", near="attendee attendees invitees guests"),
    rule("write-subscription", "Write", "medium", acts="subscribe unsubscribe watch", unless_near="plan payment stripe"),
    rule("write-memory", "Write", "medium", acts=_MAKES + " remember store save", near="@memory"),
    rule("write-memory-user", "Write", "medium", "sensitive_data", acts=_MAKES + " remember", near="memory memories preference", phrases=("about the user", "user preferences", "user s", "personal", "the user")),
    rule("write-design", "Write", "medium", acts=_MAKES + " @write-delete @write-mark apply connect", around="@component"),
    rule("write-payment-link", "Write", "medium", acts="create generate", near2="link checkout session page intent", near="payment checkout"),
    rule("write-storage-new", "Write", "medium", acts="create add provision", near="@storage database branch app dns record table collection index"),
    rule("write-bulk", "Write", "medium", "bulk", acts=_MAKES + " @write-mark", near="batch bulk multiple mass many all"),
    rule("write-bulk-array", "Write", "medium", "bulk", acts=_MAKES + " @write-mark", flags="targets!"),
    # Execute
    rule("execute", "Execute", "high", "external_side_effect", acts="@exec-run @exec-stop @exec-send @exec-ui @exec-connect"),
    rule("run-code", "Execute", "critical", "code_execution", acts="run execute eval evaluate exec send invoke inject submit interpret", flags="code code! command command!", unless_near="query"),
    rule("run-code-said", "Execute", "critical", "code_execution", acts="@exec-run", near="@code @shell", unless_near="test tests workflow build pipeline agent function job project debugger model program", unless_phrases=("predefined", "whitelisted")),
    rule("run-shell", "Execute", "critical", "code_execution", near="shell bash terminal powershell command commands ssh cmd console", verbs="run execute exec send invoke", unless_phrases=("list of commands",)),
    rule("run-sql", "Execute", "critical", "code_execution sensitive_data", acts="run execute query exec perform submit", near="sql query queries statement cypher graphql aql script mysql postgres", flags="sql sql! query query!", unless_phrases=_READ_ONLY, unless_near="search log logs saved metrics insight metric promql select dune"),
    rule("run-sql-said", "Execute", "critical", "code_execution sensitive_data", acts="run execute exec perform", near="sql query queries", around="@database", unless_phrases=_READ_ONLY, unless_near="explain plan saved metrics log logs"),
    rule("run-sql-write", "Execute", "critical", "code_execution destructive sensitive_data", acts=_MAKES + " @write-delete write", flags="sql sql! query!", around="@database"),
    rule("browser-drive", "Execute", "high", "external_side_effect", acts="@exec-ui drag upload select fill press wait resize scroll handle evaluate switch refresh close new", around="browser playwright puppeteer selenium chrome chromium webpage tab webdriver stagehand browserbase"),
    rule("browser-navigate", "Execute", "high", "external_side_effect untrusted_content", acts="navigate goto visit open go", near="url page website browser tab link", around="@browser"),
    rule("device-drive", "Execute", "high", "external_side_effect", acts="@exec-ui @exec-device set launch turn toggle press control start stop move swipe rotate install", around="@device", unless_acts=_READS),
    rule("desktop-drive", "Execute", "high", "external_side_effect", acts="@exec-ui move press open launch focus", around="@screen mouse keyboard applescript macos windows desktop window"),
    rule("media-play", "Execute", "medium", "external_side_effect", acts="play pause resume skip stop next previous seek queue volume shuffle repeat", around="@audio player playback track media vlc ableton daw midi"),
    rule("game-act", "Execute", "medium", "external_side_effect", acts="@exec-ui @exec-device @exec-run move attack place dig jump craft equip drop make use", around="@game", unless_acts=_READS),
    rule("send-message", "Execute", "high", "external_side_effect", acts="send post reply forward push broadcast notify publish", near="@message @mail alert notification sms message", unless_near="process processing processor"),
    rule("send-add-message", "Execute", "high", "external_side_effect", acts="add create", near="message reply tweet", around="slack discord telegram whatsapp chat twist teams line twitter x lark feishu"),
    rule("send-social", "Execute", "high", "external_side_effect", acts="post publish create tweet share reply send schedule", near="tweet post thread cast reel story status video", around="@social bluesky youtube instagram tiktok linkedin facebook xiaohongshu"),
    rule("send-call", "Execute", "high", "external_side_effect", acts="call dial create make initiate start", near="call phone phonecall", around="phone voice twilio retell vapi bland telnyx call calling", unless_near="@model-ai contract function log"),
    rule("social-react", "Execute", "medium", "external_side_effect", acts="@exec-social like unlike follow unfollow repost unrepost retweet react add remove favourite favorite", near="like follow user post tweet reaction repost unrepost unlike unfollow note video", around="@social discord bluesky xiaohongshu youtube instagram"),
    rule("notify-own-user", "Other", "low", acts="notify ask request show prompt push display send alert confirm", near="user notification feedback dialog toast", phrases=("the user", "desktop notification", "from the user", "user input", "to the user", "user feedback", "human"), unless_near="@mail sms slack telegram whatsapp discord", unless_flags="recipient recipient!"),
    rule("shows-here", "Other", "low", acts="display notify post push send show", phrases=_SHOWN_HERE, unless_near="@mail sms slack telegram whatsapp discord phone webhook", unless_flags="recipient recipient!", apart=True, lifts="send-message"),
    rule("trade", "Execute", "critical", "financial external_side_effect", acts="@exec-trade", around="@crypto @market @money @wallet @position @transaction broker", unless_phrases=_DRY, unless_near="quote estimate simulate price unsigned history", unless_acts=_READS),
    rule("trade-order", "Execute", "critical", "financial external_side_effect", acts="place create submit open close execute make set modify", near="order orders position trade trading swap limit", around="@market @crypto exchange broker trading", unless_near="quote workflow item", unless_acts=_READS),
    rule("trade-cancel", "Execute", "high", "financial external_side_effect", acts="cancel", near="order orders subscription trade", around="@market @crypto @money exchange broker trading billing stripe paypal payment chargebee paddle lemon polar recurly", unless_near="work newsletter notification notifications webhook event events topic email"),
    rule("pay", "Execute", "critical", "financial external_side_effect", acts="pay send transfer refund charge withdraw capture donate tip sign", near="payment money fund funds transaction invoice refund eth sol token tokens btc usdc native crypto sats coin coins nft payout charge", unless_phrases=_DRY),
    rule("sign-tx", "Execute", "critical", "financial external_side_effect", acts="send broadcast submit sign deploy mint create write approve call execute transfer", around="@wallet @transaction @crypto", near="transaction tx contract token nft allowance write", unless_phrases=_DRY, unless_acts="@read-get @read-list @read-inspect build encode decode prepare simulate estimate", unless_near="unsigned message decode encode"),
    rule("preview-only", "Other", "low", acts="preview simulate estimate validate", phrases=("without sending", "without executing", "does not send", "without actually"), unless_near="record records data", unless_phrases=("and charge", "and pay", "and delete", "and remove", "and submit", "and send", "delete the", "remove the", "charge it")),
    rule("dry-run", "Other", "low", phrases=_DRY, verbs="simulate estimate build prepare preview validate quote encode construct"),
    rule("model-media", "Execute", "medium", "external_side_effect", acts="generate create synthesize edit imagine make animate upscale inpaint produce convert clone dub remix compose extend transform", near="image images video videos audio speech music song voice tts picture avatar lipsync model3d 3d sound picture photo illustration portrait wallpaper", around="@model-ai ai elevenlabs flux dall runway suno minimax prompt generation fal tts stability", unless_near="chart plot diagram thumbnail graph qr qrcode"),
    rule("model-prompted", "Execute", "medium", "external_side_effect", acts="@exec-gen @exec-run @write-create @other-compute @write-update @other-think", flags="prompt prompt!", unless_near="template templates chart user"),
    rule("model-ask", "Execute", "medium", "external_side_effect", acts="ask chat query consult complete prompt generate brainstorm call send run think vote debate review", near="@model-ai", unless_acts=_READS),
    rule("model-named", "Execute", "medium", "external_side_effect", acts="generate ask chat rewrite translate improve write summarize think brainstorm review analyze create", around="gemini gpt openai claude deepseek llm perplexity grok ollama", flags="prompt prompt! model"),
    rule("agent-run", "Execute", "high", "external_side_effect", acts="@exec-run ask create delegate send start", near="agent agents subagent", unless_acts=_READS, unless_near="user"),
    rule("deploy", "Execute", "high", "external_side_effect", acts="deploy redeploy promote release rollback publish rollout", near="@build @compute app site application service website function worker project version", unless_near="notes note date dates lock locks history log changelog lookup candidate candidates status"),
    rule("compute-new", "Execute", "high", "external_side_effect", acts="create launch provision start run spin", near="vm instance instances cluster node pod container droplet machine server endpoint sandbox nodepool linode", around="@compute cloud docker kubernetes"),
    rule("compute-change", "Execute", "high", "external_side_effect", acts="start stop restart reboot scale resize pause resume rollout drain cordon shutdown recycle upgrade rebuild apply patch update set", near="@compute @process service server replicas", unless_acts=_READS),
    rule("service-control", "Execute", "high", "external_side_effect", acts="start stop restart kill terminate launch reload enable disable", near="@process @workflow @compute @job pid"),
    rule("workflow-run", "Execute", "high", "external_side_effect", acts="run trigger execute start activate deactivate dispatch rerun retry cancel resume invoke create", near="@workflow @build scenario run runs", unless_near="test_run definition template"),
    rule("job-run", "Execute", "medium", "external_side_effect", acts="run start launch submit create cancel trigger queue", near="job task experiment training scan simulation evaluation crawl export"),
    rule("build-local", "Execute", "medium", "external_side_effect", acts="build compile test run index debug execute", near="build test tests project lint debugger xcode gradle cargo npm pytest suite migration plugin app", unless_near="query sql"),
    rule("debugger", "Execute", "medium", "external_side_effect", acts="set continue step pause attach start stop resume add remove run launch delete", near="breakpoint breakpoints debugger debug step thread frame", around="@debugger debug"),
    rule("install", "Execute", "high", "external_side_effect", acts="install upgrade uninstall update", near="@package dependencies plugin chart helm app apk extension package packages addon mod server"),
    rule("http-request", "Execute", "high", "external_side_effect", acts="make send request call execute proxy perform http post put delete patch", near="request http api endpoint rest curl webhook proxy", flags="method method! url! url", unless_phrases=("get request to",), unless_acts="get"),
    rule("http-get", "Read", "medium", "untrusted_content", near="get", near2="http request", flags="url url!"),
    rule("call-any", "Execute", "high", "external_side_effect", acts="call invoke execute run proxy", near="tool tools method api endpoint function action", unless_near="list"),
    rule("connect", "Execute", "medium", "external_side_effect", acts="connect open attach start initialize launch", near="connection database browser device debugger server instance session serial client", unless_near="issue ticket case"),
    rule("login", "Execute", "high", "credentials external_side_effect", acts="login authenticate authorize signin logon", unless_acts="@read-get check"),
    rule("login-said", "Execute", "high", "credentials external_side_effect", near="login authenticate oauth auth authentication", acts="login start complete begin exchange authenticate refresh create get generate", flags="credential credential!"),
    rule("session-key", "Execute", "high", "credentials external_side_effect", acts="create issue generate start", near="listen session", near2="key token"),
    rule("subscription-paid", "Execute", "high", "financial external_side_effect", acts="cancel update change create upgrade", near="subscription subscriptions plan", around="stripe paypal billing payment chargebee paddle lemon"),
    rule("form-submit", "Execute", "high", "external_side_effect", acts="submit apply book register reserve order checkout", near="form booking reservation application order"),
    rule("schedule-send", "Execute", "high", "external_side_effect", acts="schedule", near="post message email tweet reel video call", around="@social @message @mail"),
    # Other
    rule("compute-only", "Other", "low", acts="@other-compute", unless_flags="outpath outpath! path! url!", unless_near="transaction file"),
    rule("calculate", "Other", "low", acts="calculate compute convert add subtract multiply divide solve evaluate", around="@math calculator calc math unit converter", unless_flags="path! url!"),
    rule("text-only", "Other", "low", acts="@other-compute @read-analyze @write-update fix", near="@text", unless_flags="outpath path! url! path", unless_near="file page document"),
    rule("convert-inline", "Other", "low", acts="convert encode decode format parse validate transform", unless_flags="outpath outpath! path path! url url!"),
    rule("chart-inline", "Other", "low", acts="generate create plot draw render make visualize produce build", near="@chart", unless_flags="outpath outpath! path!"),
    rule("chart-file", "Write", "medium", acts="generate create plot draw render make", near="@chart image", flags="outpath outpath!"),
    rule("random", "Other", "low", acts="generate create get roll flip pick random", near="@uuid"),
    rule("think", "Other", "low", acts="@other-think reason"),
    rule("think-named", "Other", "low", near="thinking thought thoughts reasoning mental reflection", unless_acts="@read-get @read-list @write-save @write-delete"),
    rule("think-server", "Other", "low", around="thinking thought reasoning", unless_acts="@read-get @read-list @write-save @write-delete @exec-run"),
    rule("own-help", "Other", "low", acts="help ping echo list get show version health check usage", near="help ping version health uptime usage hello capabilities about", unless_near="account user api token project disk queue cluster tests repository metric cost"),
    rule("own-tools", "Other", "low", acts="@read-list @read-get @read-search help", near="tools commands capabilities", near2="available tools tool server mcp"),
    rule("keepalive", "Other", "low", acts="keep keepalive ping extend renew send refresh", near="keepalive alive heartbeat", near2="keepalive session connection listen heartbeat", unless_near="log file record records history"),
    rule("extend-session", "Other", "low", acts="close extend refresh renew disconnect logout end stop keepalive reset clear", near="session connection listen context cache conversation", unless_near="issue ticket"),
    rule("close-own", "Other", "low", acts="close", near="browser session connection page tab database", unless_near="issue ticket position"),
    rule("select-context", "Other", "low", acts="set select use switch choose change", near="current active default workspace context session account database base tab project organization", near2="current active default workspace base session context tab for", unless_near="permission role color value"),
    rule("wait", "Other", "low", acts="wait sleep delay"),
    rule("advice", "Other", "low", near="guide guidance tips advice help instructions best_practices workflow recommendation", acts="get help suggest advise explain guide show provide", unless_near="user repository issue pr log document documentation file url"),
    rule("generate-snippet", "Other", "low", acts="generate create build make get scaffold", near="snippet boilerplate template regex query prompt config example code", unless_flags="outpath outpath! path!", unless_around="gemini openai gpt llm"),
    rule("session-note", "Other", "low", phrases=("in memory", "for this session", "current session", "in the session")),
    rule("simulate", "Other", "low", acts="simulate estimate preview validate quote", unless_flags="path! url!"),
)  # fmt: skip


@cache
def book() -> RuleBook:
    """Return the table, indexed."""
    return RuleBook(EFFECTS)
