/* SPDX-License-Identifier: MIT */
/*
 * Time, force and pressure: names and conversions.
 *
 * Every quantity carries its unit as the end of its name: t_us, force_n, pressure_kpa, load_kg, travel_mm.
 * Stream time is a signed count of microseconds on the sample clock, so that shifting a whole stream in time
 * shifts every result by exactly that amount.
 */
#ifndef KNEAD_UNITS_H
#define KNEAD_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Standard acceleration of gravity in m/s2 (CGPM 1901): 1 kg of load is this many newtons. */
#define KNEAD_G0_M_PER_S2 9.80665
/* One avoirdupois pound in kg (international yard and pound agreement, 1959). */
#define KNEAD_KG_PER_LB 0.45359237
#define KNEAD_US_PER_S 1000000

/* Most load cells one device may have: ring 3-12, sphere 4-14, line 2-8, with room for two more. */
#define KNEAD_CELLS_MAX 16

/* A number that may be unknown. Unknown becomes null outside; value is 0 and means nothing while !known. */
struct knead_maybe {
	double value;
	bool known;
};

static inline struct knead_maybe knead_known(double value)
{
	return (struct knead_maybe){ .value = value, .known = true };
}

static inline struct knead_maybe knead_unknown(void)
{
	return (struct knead_maybe){ .value = 0, .known = false };
}

static inline double knead_us_to_s(int64_t t_us)
{
	return (double)t_us / KNEAD_US_PER_S;
}

/* Seconds to microseconds, rounded to nearest; |t_s| up to 9e12 s. */
static inline int64_t knead_s_to_us(double t_s)
{
	return (int64_t)(t_s * KNEAD_US_PER_S + (t_s < 0 ? -0.5 : 0.5));
}

static inline double knead_n_to_kg(double force_n)
{
	return force_n / KNEAD_G0_M_PER_S2;
}

/* Pressure = force / area. 1 N on 1 cm2 is 10 kPa. Unknown when the area is 0 (pressure switched off). */
static inline struct knead_maybe knead_n_to_kpa(double force_n, double area_cm2)
{
	return area_cm2 > 0 ? knead_known(10.0 * force_n / area_cm2) : knead_unknown();
}

#endif
