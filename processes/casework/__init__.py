"""Cases from filing to end, and the functions and lists their models use."""
