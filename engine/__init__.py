"""BPMN engine on SpiffWorkflow and SQLAlchemy. Knows no case, form, page or department."""
