/* SPDX-License-Identifier: MIT */
/* The timeline's storage, and the minimum-jerk paths between its values. */
#include <stdlib.h>

#include "array.h"
#include "sim_timeline.h"

struct sim_act *sim_timeline_begin(struct sim_timeline *tl, enum sim_act_kind kind, double t_s)
{
	struct sim_act act = {
		.kind = kind,
		.start_s = t_s,
		.end_s = t_s,
		.levels = { .first = tl->levels },
		.positions = { .first = tl->positions },
		.dips = { .first = tl->dips },
	};

	if (tl->error == 0)
		tl->error = ARRAY_ADD(tl->act, tl->acts, tl->acts_size, act);
	return tl->error == 0 ? &tl->act[tl->acts - 1] : NULL;
}

void sim_timeline_level(struct sim_timeline *tl, double t_s, double ramp_s, double to_n)
{
	struct sim_move move = { .t_s = t_s, .ramp_s = ramp_s, .to = to_n };

	if (tl->error == 0)
		tl->error = ARRAY_ADD(tl->level, tl->levels, tl->levels_size, move);
	if (tl->error == 0)
		tl->act[tl->acts - 1].levels.count++;
}

void sim_timeline_position(struct sim_timeline *tl, double t_s, double ramp_s, double to_mm)
{
	struct sim_move move = { .t_s = t_s, .ramp_s = ramp_s, .to = to_mm };

	if (tl->error == 0)
		tl->error = ARRAY_ADD(tl->position, tl->positions, tl->positions_size, move);
	if (tl->error == 0)
		tl->act[tl->acts - 1].positions.count++;
}

void sim_timeline_dip(struct sim_timeline *tl, double t_s, double sigma_s, double depth)
{
	struct sim_dip dip = { .t_s = t_s, .sigma_s = sigma_s, .depth = depth };

	if (tl->error == 0)
		tl->error = ARRAY_ADD(tl->dip, tl->dips, tl->dips_size, dip);
	if (tl->error == 0)
		tl->act[tl->acts - 1].dips.count++;
}

void sim_timeline_end(struct sim_timeline *tl, double t_s)
{
	if (tl->error == 0)
		tl->act[tl->acts - 1].end_s = t_s;
}

void sim_timeline_mark(struct sim_timeline *tl, enum label_kind kind, double start_s, double end_s, uint32_t count)
{
	struct sim_mark mark = { .kind = kind, .start_s = start_s, .end_s = end_s, .count = count };

	if (tl->error == 0)
		tl->error = ARRAY_ADD(tl->mark, tl->marks, tl->marks_size, mark);
}

void sim_timeline_deinit(struct sim_timeline *tl)
{
	free(tl->act);
	free(tl->level);
	free(tl->position);
	free(tl->dip);
	free(tl->mark);
	*tl = (struct sim_timeline){ 0 };
}

void sim_track_start(struct sim_track *track, const struct sim_move *moves, size_t count, double value)
{
	*track = (struct sim_track){ .move = moves, .left = count, .from = value, .to = value };
}

static double on_path(const struct sim_track *track, double t_s)
{
	double u;

	if (t_s >= track->t_s + track->ramp_s)
		return track->to;
	u = (t_s - track->t_s) / track->ramp_s;
	return track->from + (track->to - track->from) * u * u * u * (10 + u * (6 * u - 15));
}

double sim_track_at(struct sim_track *track, double t_s)
{
	while (track->left > 0 && t_s >= track->move->t_s) {
		track->from = on_path(track, track->move->t_s);
		track->to = track->move->to;
		track->t_s = track->move->t_s;
		track->ramp_s = track->move->ramp_s;
		track->move++;
		track->left--;
	}
	return on_path(track, t_s);
}
