/* SPDX-License-Identifier: MIT */
/*
 * The option table as text, for generate.py: a line a key, in the order of the table, with section, key, range, default,
 * whether the profile has a say in it (yes or no) and help, separated by tabs. Built, never installed.
 */
#include <stdio.h>

#include "conf_table.h"

int main(void)
{
	char range[160];

	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		printf("%s\t%s\t%s\t%s\t%s\t%s\n", conf_section_name(k->section), k->key, conf_range_text(k, range),
			k->def, k->by_profile ? "yes" : "no", k->help);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
