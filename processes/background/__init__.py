"""What works without a person: jobs, programs outside, and what is known of them."""
