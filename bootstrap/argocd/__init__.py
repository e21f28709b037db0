"""What Argo CD reads: Applications, the AppProject, credentials, webhooks."""
