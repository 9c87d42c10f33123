"""`slic optimise`: searches the values of one program for the front of energy and service, and proves what it chose."""
