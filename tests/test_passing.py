"""What is done in passing is no reading, and what is only spoken of is."""

import pytest

from classifier.engine import Options, classify
from crawler.records import ServerName, Tool


def judged(name, told):
    tool = Tool(server=ServerName("s"), name=name, description=told)
    return classify(tool, Options(use_reviews=False))


@pytest.mark.parametrize(
    ("name", "told", "category", "quoted"),
    [
        ("list_sessions", "List sessions. Expired ones are purged.", "Write", "are purged"),
        ("list_jobs", "List jobs. Stale jobs are deleted.", "Write", "are deleted"),
        ("list_jobs", "List jobs and delete the stale ones.", "Write", "and delete the"),
        ("check_quota", "Return the quota of a mailbox; if it is exceeded, the oldest messages get deleted.", "Write", "get deleted"),
        ("get_user", "Fetch a user. If the user is inactive it is purged for good.", "Write", "is purged"),
        ("fetch_price", "Fetch the price of a share, and buy one if it is under the limit.", "Execute", "and buy one"),
        ("receive_message", "Receive a message of a queue; it is deleted afterwards.", "Write", "is deleted afterwards"),
        ("get_status", "Get the status of a service and restart it if it is down.", "Execute", "and restart it"),
        ("list_users", "List users. Those who have been away for a year are banned.", "Execute", "are banned"),
        ("get_host", "Look up a host and shut it down when it is idle.", "Execute", "and shut it down"),
        ("mail_view", "Shows a mail as it would look. Set send to true to send it.", "Execute", "send to true"),
        ("mail_view", "View a mail. When send is true it is sent.", "Execute", "send is true"),
        ("find_order", "Looks up an order. Set refund=true to refund it at once.", "Execute", "refund=true"),
        ("get_log", "Gets the log of a service. With clear=true the log is emptied.", "Write", "clear=true"),
        ("lookup", "Look up a phone number and call it.", "Execute", "phone number and call it"),
        ("read_mail", "Reads unread mail and answers it.", "Execute", "and answers it"),
        ("stock", "Looks at stock levels, then orders what is missing.", "Execute", "then orders what is"),
        ("stock", "Reports stock levels. Finally it places a purchase order.", "Execute", "places a purchase order"),
        ("get_balance", "Shows the balance. If an IBAN is given, transfers that amount.", "Execute", "transfers that amount"),
        ("get_queue", "Reads all messages from the queue and removes them.", "Write", "queue and removes them"),
        ("validate_config", "Validates the configuration and, when valid, deploys it to production.", "Execute", "deploys it to"),
        ("db_tool", "Works with the database.\n\nArgs:\n    mode: select or raw. In raw mode the statement is executed as is.", "Execute", "statement is executed as is"),
        ("describe_table", "Describes a table. If sample_sql is given, it is executed too.", "Execute", "it is executed too"),
    ],
)  # fmt: skip
def test_what_is_done_in_passing_counts_and_is_for_a_person(name, told, category, quoted):
    found = judged(name, told)
    assert found.category.value == category
    assert found.risk.rank >= 2
    assert found.needs_review
    every = [*found.evidence, *(quote for one in found.findings for quote in one.evidence)]
    assert quoted in [quote.text for quote in every]


@pytest.mark.parametrize(
    ("name", "told", "quoted"),
    [
        ("find_duplicates", "Find duplicate contacts and merge them.", "and merge them"),
        (
            "get_config",
            "Returns the configuration. Optional set: JSON that replaces it.",
            "that replaces it",
        ),
        (
            "next_job",
            "Get the next job of the queue and then marks it as taken.",
            "and then marks it",
        ),
        ("list_old", "List notes older than a year and archive them.", "and archive them"),
    ],
)
def test_what_is_changed_in_passing_is_no_reading(name, told, quoted):
    found = judged(name, told)
    assert found.category.value == "Write"
    assert found.risk.rank >= 1
    assert found.needs_review
    assert quoted in [quote.text for quote in found.evidence]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("list_files", "List the files that are deleted."),
        ("find_duplicates", "Find duplicate contacts; use merge_contacts to merge them."),
        ("get_preview", "Get a preview of what it would find and merge; it does not merge them."),
        ("get_retention", "Get the retention of a bucket. Nothing is deleted."),
        ("list_jobs", "List jobs. Jobs are never deleted here."),
        ("list_users", "List the users who are banned."),
        ("get_status", "Get the status of a service. It is never restarted."),
        ("get_rows", "Get rows. Read only: the query is executed as is by a read only user."),
        ("get_plan", "Show which rows would be deleted."),
        ("get_mail", "Get a mail. Returns whether it is a draft (sent is true or false)."),
        ("get_queue", "Read messages from the queue without removing them."),
        ("list_orders", "List purchase orders and who placed them."),
        ("list_trash", "List deleted notes and the day on which they were deleted."),
        ("get_price", "Get the price at which users buy and sell a share."),
    ],
)
def test_what_is_only_spoken_of_is_read(name, told):
    assert judged(name, told).category.value == "Read"


def test_the_sentence_that_says_more_is_the_one_that_is_quoted():
    said = judged(
        "get_log", "Gets the log of a service. With clear=true the log is emptied."
    ).rationale
    assert 'deletes or overwrites what is kept: "With clear=true the log is emptied"' in said
