"""Settings: from `[tool.tritonlint]`, tritonlint.toml and the command line.

It turns files and options into `Settings` or a `ConfigError`; it may import `tritonlint.files`.
"""
