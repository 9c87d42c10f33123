"""What people read: tables, summary, HTML report and terminal table, in a run folder that opens years later."""
