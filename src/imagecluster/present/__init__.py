"""What a cut says, for people and for programs: folders of links, tables, pages and plots."""
