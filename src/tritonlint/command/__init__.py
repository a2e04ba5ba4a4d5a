"""The command's runs: takes options and files, gives reports, edits and exit statuses.

`request.py` says which files are asked for, with which settings; `run.py` lints them. May import
all that lints, fixes, reports and keeps; who starts a run (`tritonlint.cli`, `tritonlint.server`
and `tritonlint.verify`) stands above it. Nothing is imported here: a hook waits for every import.
"""
