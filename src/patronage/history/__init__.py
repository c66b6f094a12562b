"""History to argue with: stylised facts, ablations, and (later) claims, branches, explanations."""
