/* SPDX-License-Identifier: MIT */
/* Defaults of a device by profile. */
#include <knead/settings.h>

void knead_settings_init(struct knead_settings *s, enum knead_profile profile)
{
	bool gentle = profile == KNEAD_PROFILE_GENTLE;
	bool broad = gentle || profile == KNEAD_PROFILE_ROLLER;

	*s = (struct knead_settings){
		.format = "auto",
		.profile = profile,
		.contact_cm2 = broad ? 55 : 10,
		.press_n = gentle ? 4 : 8,
		.release_n = gentle ? 2.5 : 5,
		.bridge_s = 0.5,
		.tap_max_s = 0.4,
		.hold_min_s = 3,
		.target_s = gentle ? 60 : 30,
		.long_hold_s = 90,
		.dose_limit_s = 300,
		.rest_min_s = 5,
		.fast_load_n_per_s = 1500,
		.session_gap_s = 120,
	};
}

double knead_unit_n(enum knead_unit unit)
{
	switch (unit) {
	case KNEAD_UNIT_N:
		return 1;
	case KNEAD_UNIT_KG:
		return KNEAD_G0_M_PER_S2;
	case KNEAD_UNIT_G:
		return KNEAD_G0_M_PER_S2 / 1000;
	case KNEAD_UNIT_LB:
		return KNEAD_G0_M_PER_S2 * KNEAD_KG_PER_LB;
	case KNEAD_UNIT_UNSET:
	case KNEAD_UNIT_COUNTS:
	case _KNEAD_UNITS:
		break;
	}
	return 0;
}
