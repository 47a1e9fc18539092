"""The schema's history, a revision a file under versions/, run by Alembic.

Never edit one that has been released. A new one: change tables.py, write
`versions/NNNN_what.py` with `down_revision` naming the last, and set `HEAD` in upgrading.py.
A test compares what the revisions make with tables.py, so neither can be forgotten.
"""
