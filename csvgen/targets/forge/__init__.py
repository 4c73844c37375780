"""A git forge (GitHub, GitLab), read over its REST interface: protected branches, reviews, signed commits, tickets."""
