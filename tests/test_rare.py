"""What few servers do is heard by the words that say it, and not where they are denied or only mentioned."""

import pytest

from classifier.effects import book
from classifier.engine import Options, classify
from classifier.reading import read
from classifier.verdict import Risk
from crawler.records import ServerName, Tool


def tool(name, told):
    return Tool(
        server=ServerName("s"), name=name, description=told,
        input_schema={"type": "object", "properties": {"item": {"type": "string"}}},
    )  # fmt: skip


def rare(one):
    return [rule.id for rule in book().matching(read(one)) if rule.apart]


@pytest.mark.parametrize(
    ("name", "told", "signal", "least"),
    [
        ("page_text", "Renders an ERB template and returns the text.", "code-execution", "high"),
        ("mail_body", "Fill a Mako template with values.", "code-execution", "high"),
        ("key_log", "Get the keystrokes since the last call.", "sensitive-data", "medium"),
        ("where", "Returns the user's current location.", "sensitive-data", "medium"),
        ("guard", "Switches off the audit log of a project.", "admin", "high"),
        ("scanner", "Stop endpoint protection on this machine.", "admin", "high"),
        ("scope", "Extends the agent's own permissions.", "admin", "critical"),
        ("legal", "Agrees to the terms for the account.", "external-side-effect", "high"),
        ("paper", "Accepts a contract.", "external-side-effect", "high"),
        ("ward", "Raise the dosage of a drip.", "external-side-effect", "high"),
        ("recipe", "Prescribes a medicine.", "external-side-effect", "high"),
        ("wheel", "Steers the boat.", "external-side-effect", "high"),
        ("blob", "Unpickles the bytes.", "code-execution", "high"),
        ("extend", "Loads a plugin from a URL.", "code-execution", "high"),
        ("code", "Get the login code from the latest message.", "credentials", "critical"),
        ("quiet", "Turns audit logging off.", "admin", "high"),
        ("door", "Open the garage.", "external-side-effect", "high"),
        ("copy_db", "Dump the complete database into a file.", "sensitive-data", "high"),
        ("import_csv", "Imports a CSV. The table is emptied first.", "destructive", "high"),
        ("sync_it", "Sync folder and bucket; files missing on one side are deleted on the other.", "destructive", "high"),
        ("get_model", "Downloads a model and runs its setup script.", "code-execution", "high"),
        ("door", "Sign in. Must be called before any other tool of this server.", "credentials", "high"),
        ("extend_db", "Load a SQLite extension from a path.", "code-execution", "high"),
        ("attach_it", "Loads a shared library into the running process.", "code-execution", "high"),
        ("convert_currency", "Exchange EUR in your wallet for USD at the current rate.", "financial", "critical"),
        ("swap_currency", "Converts funds between your balances.", "financial", "critical"),
        ("compute", "Computes the value given as a Python lambda.", "code-execution", "critical"),
        ("keep_rows", "Filters rows with a JavaScript predicate.", "code-execution", "critical"),
        ("column", "Transforms a column, e.g. lambda x: x * 2.", "code-execution", "critical"),
        ("find_many", "Finds documents by a $where JavaScript clause.", "code-execution", "critical"),
        ("keep_rows", "Filters rows of a file. Takes a JavaScript predicate.", "code-execution", "critical"),
        ("frame", "Query the table with pandas code.", "code-execution", "critical"),
        ("save_file", "Saves a file by executing arbitrary shell commands.", "code-execution", "critical"),
        ("get_it", "Affiche un compte puis le supprime.", "destructive", "high"),
        ("get_it", "Liste les comptes. Envoie aussi la liste.", "external-side-effect", "high"),
        ("get_it", "Lit un script et l'exécute.", "code-execution", "critical"),
        ("get_it", "Zeigt das Konto, das danach gelöscht wird: anschließend gelöscht.", "destructive", "high"),
        ("get_it", "Holt die Liste und schickt sie an den Kunden.", "external-side-effect", "high"),
        ("get_it", "Liest ein Skript und führt es aus.", "code-execution", "critical"),
        ("get_it", "Muestra la cuenta y la borra.", "destructive", "high"),
        ("get_it", "Busca un archivo y lo ejecuta.", "code-execution", "critical"),
        ("get_it", "Lista as contas. Também apaga as contas.", "destructive", "high"),
        ("get_it", "Mostra a fatura do cliente e a envia.", "external-side-effect", "high"),
        ("set_it", "Modifie le compte. L'opération est irréversible.", "destructive", "high"),
        ("set_it", "Aktualisiert das Konto; das ist unumkehrbar.", "destructive", "high"),
        ("set_it", "Actualiza la cuenta. No se puede deshacer.", "destructive", "high"),
        ("set_it", "Atualiza a conta do cliente. Não pode ser desfeita.", "destructive", "high"),
    ],
)  # fmt: skip
def test_what_few_servers_do_is_heard(name, told, signal, least):
    one = tool(name, told)
    found = classify(one, Options(use_reviews=False))
    assert rare(one)
    assert found.has(signal)
    assert found.risk.rank >= Risk(least).rank
    assert all(quote.text for finding in found.findings for quote in finding.evidence)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("list_templates", "List ERB templates."),
        ("render_page", "Renders the ERB template with that template id."),
        ("render_text", "Render a Jinja template with the values given."),
        ("send_keys", "Sends keys to the browser."),
        ("verify_code", "Check the code that the user typed."),
        ("run_tests", "Run the tests. Set quiet to disable all logging."),
        ("update_host", "Update a host; this does not disable antivirus."),
        ("get_self", "Get the agent's own permissions."),
        ("search_terms", "Search for terms of service that sites publish."),
        ("start_trial", "Start a trial. By calling it you accept the terms."),
        ("sign_up", "Sign up; never agrees to the terms by itself."),
        ("dose_limit", "Calculate the highest dose by weight."),
        ("get_interactions", "Get interactions of a drug before doctors prescribe a drug."),
        ("steer_talk", "Steer the conversation towards a topic."),
        ("set_lock_code", "Sets a code; needs the state of a door lock."),
        ("list_keys", "List the public SSH keys of a user, as in ~/.ssh/id_rsa.pub."),
        ("dump_schema", "Dump the complete database schema only."),
        ("list_logins", "List who may sign in to the service."),
        ("list_pickles", "List pickles on the menu."),
        ("list_extensions", "List the SQLite extensions that can be loaded."),
        ("load_library", "Load a library of reading lists."),
        ("convert_currency", "Convert an amount between currencies at the current rate."),
        ("preview_exchange", "Preview what you would get in your wallet for USD."),
        ("get_history", "Get what was exchanged in your wallet for USD."),
        ("get_it", "Affiche le compte. Ne supprime aussi rien, et ne le supprime pas."),
        ("get_it", "Affiche la liste et l'envoie à l'agent."),
        ("get_it", "Zeigt das Konto und löscht nichts."),
        ("get_it", "Erzeugt ein Bild und schickt es in der Antwort mit."),
        ("get_it", "Muestra la cuenta. Tampoco elimina nada, no la elimina."),
        ("get_it", "Mostra a conta do cliente. Também não apaga nada."),
        ("set_it", "Modifie le compte. Rien d'irréversible."),
        ("set_it", "Ändert das Konto; die Änderung ist nicht unumkehrbar."),
        ("find_bugs", "Finds bugs using Python code analysis."),
        ("find_definition", "Finds a Python function by its name."),
        ("explain_it", "Explains what a JavaScript predicate does."),
        ("list_lambdas", "List Python lambda layers of an account."),
        ("sort_imports", "Sorts the imports of Python code."),
        ("map_it", "Maps a column with a table of values; never evaluates Python code."),
        ("filter_it", "Filter rows by an expression such as price > 3."),
        ("detect", "Detects attacks by running any command in a list of rules."),
        ("save_it", "Saves a file without executing arbitrary shell commands."),
        ("make_code", "Generate code from the latest message of a ticket."),
    ],
)
def test_what_is_denied_or_only_mentioned_is_not_heard(name, told):
    assert rare(tool(name, told)) == []
