"""Every action on the user's files: a plan first, then a journal, then the step, and the way back.

This room knows files only. What is proposed, and why, comes from the rooms above.
"""
