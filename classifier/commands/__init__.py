"""The commands of `toolrisk`, a file each: parse, open, call one function, print, exit.

A module here exports `register(app)`, which adds its command to the app it is given, and is
named in the table of classifier.cli. Heavy imports live inside the command.
"""
