"""What is measured, one question a module; none of them asks the line how sure it is."""
