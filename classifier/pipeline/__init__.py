"""What a team runs every day: reports for CI, the lock file, the baseline, hints, the MCP server.

A file an idea. Everything here is pure or reads one file: commands open, print and exit.
"""
