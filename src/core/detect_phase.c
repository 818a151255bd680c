/* SPDX-License-Identifier: MIT */
/* What is shown of a contact while it goes on. */
#include "detect.h"

enum knead_phase detect_phase(const struct detect *d)
{
	if (d->contact.state == CONTACT_IDLE || d->contact.state == CONTACT_BRIDGE)
		return d->signal.saturated ? KNEAD_PHASE_OVERLOAD : KNEAD_PHASE_IDLE;
	if (d->signal.saturated)
		return KNEAD_PHASE_OVERLOAD;
	if (percussion_active(&d->percussion))
		return KNEAD_PHASE_PERCUSSION;
	if (d->hold.state == HOLD_ROLLING)
		return KNEAD_PHASE_ROLLING;
	if (d->hold.state == HOLD_EASED)
		return KNEAD_PHASE_EASED;
	return hold_shown(&d->hold, d->signal.t_us) ? KNEAD_PHASE_HOLDING : KNEAD_PHASE_TOUCH;
}
