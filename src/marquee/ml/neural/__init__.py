"""Small recurrent networks: trained with JAX (the extra `deep`), scored with numpy alone."""
