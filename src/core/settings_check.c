/* SPDX-License-Identifier: MIT */
/* The checks of a device's settings that need more than one key. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <knead/format.h>
#include <knead/settings.h>

static int __attribute__((format(printf, 3, 4))) refuse(char *why, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, size, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int check_geometry(const struct knead_settings *s, char *why, size_t size)
{
	bool spread = false;

	if (s->geometry == KNEAD_GEOMETRY_NONE)
		return 0;
	if (s->cells < 2)
		return refuse(why, size, "geometry: %s needs cells = 2 or more", knead_geometry_to_str(s->geometry));
	for (uint32_t i = 0; i < s->cells; i++) {
		const double *v = s->cell_xyz[i];

		if (s->geometry == KNEAD_GEOMETRY_SPHERE && v[0] * v[0] + v[1] * v[1] + v[2] * v[2] <= 0)
			return refuse(why, size, "cell_xyz: cell %u has no direction; give x y z for each cell", i + 1);
		if (s->geometry == KNEAD_GEOMETRY_LINE && s->cell_mm[i] != s->cell_mm[0])
			spread = true;
		if (s->geometry == KNEAD_GEOMETRY_RING && s->cell_deg[i] != s->cell_deg[0])
			spread = true;
	}
	if (s->geometry == KNEAD_GEOMETRY_LINE && !spread)
		return refuse(
			why, size, "cell_mm: all cells stand at the same place; give the place of each cell in mm");
	if (s->geometry == KNEAD_GEOMETRY_RING && !spread)
		return refuse(why, size, "cell_deg: all cells stand at the same angle; give the angle of each cell");
	return 0;
}

int knead_settings_check(const struct knead_settings *s, char *why, size_t size)
{
	if (s->cells > KNEAD_CELLS_MAX)
		return refuse(why, size, "cells: %u is more than %d", s->cells, KNEAD_CELLS_MAX);
	if (!(s->press_n > 0 && s->release_n > 0 && s->release_n <= s->press_n))
		return refuse(
			why, size, "release_n: %g must be above 0 and at most press_n (%g)", s->release_n, s->press_n);
	if (!(s->tap_max_s < s->hold_min_s))
		return refuse(why, size, "tap_max_s: %g must be below hold_min_s (%g)", s->tap_max_s, s->hold_min_s);
	if (!(s->bridge_s > 0))
		return refuse(why, size, "bridge_s: must be above 0");
	for (uint32_t i = 0; i < s->counts_per_n_count; i++)
		if (s->counts_per_n[i] == 0)
			return refuse(why, size, "counts_per_n: must not be 0; negative where the wiring is inverted");
	if (s->cells > 0 && s->counts_per_n_count > 1 && s->counts_per_n_count != s->cells)
		return refuse(why, size, "counts_per_n: %u values for %u cells; give one, or one per cell",
			s->counts_per_n_count, s->cells);
	if (s->cells > 0 && s->zero_raw_count > 0 && s->zero_raw_count != s->cells)
		return refuse(
			why, size, "zero_raw: %u values for %u cells; give one per cell", s->zero_raw_count, s->cells);
	if (s->over_soft_n > 0 && s->over_hard_n > 0 && s->over_hard_n < s->over_soft_n)
		return refuse(why, size, "over_hard_n: %g is below over_soft_n (%g)", s->over_hard_n, s->over_soft_n);
	if (!knead_format_known(s->format))
		return refuse(why, size, "format: no format is called '%s'; use auto or a name from kneadd.conf(5)",
			s->format);
	if (strcmp(s->format, "template") == 0 && s->line_template[0] == '\0')
		return refuse(why, size, "template: format = template needs the line, with marks for value and time");
	return check_geometry(s, why, size);
}
