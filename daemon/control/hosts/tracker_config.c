// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/tracker_config.h"

void tracker_configure(struct tracker *tracker, const struct config *config)
{
	static const struct tracker_terms none;

	for (unsigned i = 0; i < POLICIES_MAX; i++) {
		const struct policy *policy = config_policy(config, i);
		struct tracker_terms terms = none;

		if (policy)
			terms = (struct tracker_terms){
				.thresholds = *config_thresholds(config, policy),
				.mode = policy->mode,
				.deny = policy->deny,
			};
		tracker_terms(tracker, i, &terms);
	}
	tracker_remember_for(tracker, (uint32_t)config->settings.remember_for);
}
