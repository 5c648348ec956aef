"""The clerk's desk: boxes, lines, filters, drafts, what comes next, what a button would do."""
