"""Task specs of ours on SpiffWorkflow's scheduler: what each BPMN element does with a token."""
