"""施工体制: who works under whom on a site, proposed from who entered when and from what is known of other sites."""
