"""Settings: what `[tool.tritonlint]`, tritonlint.toml and the command line say.

Takes files and options, gives `Settings` or a `ConfigError`; may import `tritonlint.files`.
"""
