"""A language server: findings as one types, quick fixes, and what is known of a parameter."""
