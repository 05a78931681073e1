"""Outputs of a cut for people and programs: folders of links, tables, pages and plots."""
