"""What is kept between runs, and shared between processes.

May import `survey` (its facts) and `files`.
"""
