"""Finding incidents by what happened: what is asked, its SQL, pages, counts and whole results."""
