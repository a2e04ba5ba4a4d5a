"""The command's runs: they turn options and files into reports, edits and exit statuses.

`request.py` says which files to check, with which settings; `run.py` lints them. This package may
import all packages that lint, fix, report and store. `tritonlint.cli`, `tritonlint.server` and
`tritonlint.verify` start runs and are above it. Nothing is imported here, since imports slow a
hook.
"""
