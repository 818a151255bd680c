/* SPDX-License-Identifier: MIT */
/*
 * force = level(t) x body(t) x dips(t) x lean(position) x gun(t) + heartbeat
 *
 * level and position are the act's minimum-jerk paths. The body's share is slow (relaxation, breathing, sway, heartbeat:
 * all below about 5 Hz), so it is worked out every 4 ms and joined by straight lines; only tremor (8 to 12 Hz) and the gun
 * run at the full step. Everything is multiplied onto the level, or faded with it, and so vanishes with the contact.
 */
#include <math.h>

#include "sim_physics.h"

#define SLOW_STEP_S 0.004
#define SWAY_SMOOTH_S 0.05 /* a body has mass: its sway has no corners */
#define PLACE_MM_PER_SWAY 40 /* 2 % of sway go with 0.8 mm of wander */
#define DROP_DECAY_S 0.03
#define DROP_RING_HZ 40
#define DROP_RISE_S 0.002

void sim_physics_init(struct sim_physics *p, const struct sim_timeline *tl, uint64_t seed, double dt_s)
{
	*p = (struct sim_physics){
		.tl = tl, .act = tl->act, .acts_end = tl->act ? tl->act + tl->acts : NULL, .dt_s = dt_s
	};
	p->slow_steps = (uint32_t)fmax(1, round(SLOW_STEP_S / dt_s));
	p->slow_dt_s = p->slow_steps * dt_s;
	sim_rand_init(&p->rand, seed, 2);
}

bool sim_physics_active(const struct sim_physics *p, double to_s)
{
	return p->act != p->acts_end && p->act->start_s < to_s;
}

/* One step of an Ornstein-Uhlenbeck process of sd 1, exact for any step. */
static double wander(struct sim_rand *r, double value, double dt_s, double correlation_s)
{
	double keep = exp(-dt_s / correlation_s);

	return keep * value + sqrt(1 - keep * keep) * sim_rand_normal(r);
}

/* What the body adds at t_s, one slow step after the last call. */
static struct sim_slow slow_step(struct sim_physics *p, double t_s)
{
	const struct sim_act *act = p->act;
	const struct sim_body *b = &act->body;
	double smooth = p->slow_dt_s / (SWAY_SMOOTH_S + p->slow_dt_s), since_s = t_s - act->start_s, breath;
	double orbit = 2 * M_PI * act->orbit_hz * since_s, heart;

	p->sway_raw = wander(&p->rand, p->sway_raw, p->slow_dt_s, b->sway_s);
	p->sway += smooth * (p->sway_raw - p->sway);
	p->place_raw = wander(&p->rand, p->place_raw, p->slow_dt_s, b->sway_s);
	p->place += smooth * (p->place_raw - p->place);
	p->breath_wander = wander(&p->rand, p->breath_wander, p->slow_dt_s, 8);
	p->breath_phase += 2 * M_PI * b->breath_hz * (1 + 0.05 * p->breath_wander) * p->slow_dt_s;
	p->heart_phase += 2 * M_PI * b->heart_hz * p->slow_dt_s;
	breath = b->breath * (sin(p->breath_phase) + 0.25 * sin(2 * p->breath_phase));
	heart = sin(p->heart_phase) + 0.5 * sin(2 * p->heart_phase + 1) + 0.3 * sin(3 * p->heart_phase + 2);
	return (struct sim_slow){
		.part = sim_body_relaxed(b, since_s) * (1 + breath + b->sway * p->sway) *
			(1 + act->stretch * sin(2 * M_PI * act->stretch_hz * since_s)),
		.extra_n = b->heart_n * heart,
		.x_mm = PLACE_MM_PER_SWAY * b->sway * p->place + act->orbit_mm * sin(orbit),
		.y_mm = act->round ? act->orbit_mm * cos(orbit) : 0,
		.turns = p->breath_phase / (2 * M_PI),
	};
}

static void begin_act(struct sim_physics *p, double t_s)
{
	const struct sim_act *act = p->act;
	const struct sim_body *b = &act->body;
	double turn = 2 * M_PI * b->tremor_hz * p->dt_s, phase = 2 * M_PI * sim_rand_uniform(&p->rand);

	sim_track_start(&p->level, p->tl->level + act->levels.first, act->levels.count, 0);
	sim_track_start(&p->position, p->tl->position + act->positions.first, act->positions.count, act->position_mm);
	p->dip = 0;
	p->breath_phase = 2 * M_PI * sim_rand_uniform(&p->rand);
	p->heart_phase = 2 * M_PI * sim_rand_uniform(&p->rand);
	p->sway = p->sway_raw = b->sway > 0 ? sim_rand_normal(&p->rand) : 0;
	p->place = p->place_raw = 0;
	p->tremor_cos = cos(phase);
	p->tremor_sin = sin(phase);
	p->turn_cos = cos(turn);
	p->turn_sin = sin(turn);
	p->now = b->sway_s > 0 ? slow_step(p, t_s) : (struct sim_slow){ .part = 1 };
	p->step = (struct sim_slow){ 0 };
	p->slow_left = 0;
	p->running = true;
}

static double dips_at(struct sim_physics *p, double t_s)
{
	const struct sim_slice *slice = &p->act->dips;
	double keep = 1;

	while (p->dip < slice->count) {
		const struct sim_dip *dip = &p->tl->dip[slice->first + p->dip];
		double x = (t_s - dip->t_s) / dip->sigma_s;

		if (x > 6) {
			p->dip++;
			continue;
		}
		if (x > -6)
			keep = 1 - dip->depth * exp(-x * x / 2);
		break;
	}
	return keep;
}

/* How the force leans with the position along the travel. */
static double lean(const struct sim_act *act, double position_mm)
{
	double u, x;

	if (act->half_mm <= 0)
		return 1;
	u = position_mm / act->half_mm;
	x = (u - act->bump_at) / act->bump_width;
	return 1 + act->slope * u + (act->bump > 0 ? act->bump * exp(-x * x / 2) : 0);
}

/* The gun comes in and goes out within 40 ms. */
static double gun_at(const struct sim_act *act, double t_s)
{
	double in_s = t_s - act->gun_start_s, out_s = act->gun_end_s - t_s;

	if (act->gun <= 0 || in_s <= 0 || out_s <= 0)
		return 1;
	return 1 + act->gun * fmin(1, fmin(in_s, out_s) / 0.04) * sin(2 * M_PI * act->gun_hz * in_s);
}

static double drop_at(const struct sim_act *act, double t_s)
{
	double since_s = t_s - act->start_s;
	double rise = fmin(1, since_s / DROP_RISE_S), fade = fmin(1, (act->end_s - t_s) / 0.02);

	return act->peak_n * rise * fade * exp(-since_s / DROP_DECAY_S) * cos(2 * M_PI * DROP_RING_HZ * since_s);
}

static void advance_body(struct sim_physics *p, double t_s)
{
	double cosine = p->tremor_cos * p->turn_cos - p->tremor_sin * p->turn_sin;

	p->tremor_sin = p->tremor_cos * p->turn_sin + p->tremor_sin * p->turn_cos;
	p->tremor_cos = cosine;
	if (p->act->body.sway_s <= 0)
		return;
	if (p->slow_left == 0) {
		struct sim_slow next = slow_step(p, t_s + p->slow_dt_s);

		p->step = (struct sim_slow){
			.part = (next.part - p->now.part) / p->slow_steps,
			.extra_n = (next.extra_n - p->now.extra_n) / p->slow_steps,
			.x_mm = (next.x_mm - p->now.x_mm) / p->slow_steps,
			.y_mm = (next.y_mm - p->now.y_mm) / p->slow_steps,
			.turns = (next.turns - p->now.turns) / p->slow_steps,
		};
		p->slow_left = p->slow_steps;
	}
	p->slow_left--;
	p->now.part += p->step.part;
	p->now.extra_n += p->step.extra_n;
	p->now.x_mm += p->step.x_mm;
	p->now.y_mm += p->step.y_mm;
	p->now.turns += p->step.turns;
}

const struct sim_act *sim_physics_step(struct sim_physics *p, double t_s, struct sim_moment *ret)
{
	const struct sim_act *over = NULL;
	double level_n, position_mm, extra_n, calm_n;

	*ret = (struct sim_moment){ 0 };
	if (p->act != p->acts_end && t_s >= p->act->end_s) {
		over = p->act++;
		p->running = false;
	}
	if (p->act == p->acts_end || t_s < p->act->start_s)
		return over;
	if (p->act->kind == SIM_ACT_DROP) {
		double drop_n = drop_at(p->act, t_s);

		*ret = (struct sim_moment){ .force_n = drop_n, .calm_n = drop_n, .x_mm = p->act->place_mm };
		return over;
	}
	if (!p->running)
		begin_act(p, t_s);
	advance_body(p, t_s);
	level_n = sim_track_at(&p->level, t_s);
	position_mm = sim_track_at(&p->position, t_s);
	/* The heartbeat fades in over the first 20 N. */
	extra_n = p->now.extra_n * fmin(1, fabs(level_n) / 20);
	calm_n = level_n * p->now.part * lean(p->act, position_mm);
	ret->force_n =
		calm_n * (1 + p->act->body.tremor * p->tremor_cos) * dips_at(p, t_s) * gun_at(p->act, t_s) + extra_n;
	ret->calm_n = calm_n + extra_n;
	ret->x_mm = p->act->place_mm + position_mm + p->now.x_mm;
	ret->y_mm = p->now.y_mm;
	ret->turns = p->now.turns;
	return over;
}
