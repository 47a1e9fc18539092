"""The generated site: a page per tool and server, made of the catalogue's facts and verdicts.

Everything a tool says is hostile: text reaches a page only through the one environment
(`environment.py`), which escapes by construction and makes invisible characters visible.
"""
