/* SPDX-License-Identifier: MIT */
/*
 * The table of crc16.h, worked out by the compiler. The CRC is linear: what a byte adds is the sum of what its bits add,
 * and bit i with k bytes after it adds x^(16 + i + 8k) modulo the polynomial, here Pki.
 */
#include <knead/k1.h>

#include "crc16.h"

#define NEXT(p) ((((p) << 1) ^ ((p)&0x8000 ? 0x1021 : 0)) & 0xffff)

/* clang-format off */
enum {
	P00 = 0x1021, P01 = NEXT(P00), P02 = NEXT(P01), P03 = NEXT(P02), P04 = NEXT(P03), P05 = NEXT(P04), P06 = NEXT(P05), P07 = NEXT(P06),
	P10 = NEXT(P07), P11 = NEXT(P10), P12 = NEXT(P11), P13 = NEXT(P12), P14 = NEXT(P13), P15 = NEXT(P14), P16 = NEXT(P15), P17 = NEXT(P16),
	P20 = NEXT(P17), P21 = NEXT(P20), P22 = NEXT(P21), P23 = NEXT(P22), P24 = NEXT(P23), P25 = NEXT(P24), P26 = NEXT(P25), P27 = NEXT(P26),
	P30 = NEXT(P27), P31 = NEXT(P30), P32 = NEXT(P31), P33 = NEXT(P32), P34 = NEXT(P33), P35 = NEXT(P34), P36 = NEXT(P35), P37 = NEXT(P36),
	P40 = NEXT(P37), P41 = NEXT(P40), P42 = NEXT(P41), P43 = NEXT(P42), P44 = NEXT(P43), P45 = NEXT(P44), P46 = NEXT(P45), P47 = NEXT(P46),
	P50 = NEXT(P47), P51 = NEXT(P50), P52 = NEXT(P51), P53 = NEXT(P52), P54 = NEXT(P53), P55 = NEXT(P54), P56 = NEXT(P55), P57 = NEXT(P56),
	P60 = NEXT(P57), P61 = NEXT(P60), P62 = NEXT(P61), P63 = NEXT(P62), P64 = NEXT(P63), P65 = NEXT(P64), P66 = NEXT(P65), P67 = NEXT(P66),
	P70 = NEXT(P67), P71 = NEXT(P70), P72 = NEXT(P71), P73 = NEXT(P72), P74 = NEXT(P73), P75 = NEXT(P74), P76 = NEXT(P75), P77 = NEXT(P76),
};

#define BIT(b, i, p) (((b) >> (i)) & 1 ? (p) : 0)
#define E(k, b) BIT(b, 0, P##k##0) ^ BIT(b, 1, P##k##1) ^ BIT(b, 2, P##k##2) ^ BIT(b, 3, P##k##3) ^ \
	BIT(b, 4, P##k##4) ^ BIT(b, 5, P##k##5) ^ BIT(b, 6, P##k##6) ^ BIT(b, 7, P##k##7)
#define E4(k, b)   E(k, b), E(k, (b) + 1), E(k, (b) + 2), E(k, (b) + 3)
#define E16(k, b)  E4(k, b), E4(k, (b) + 4), E4(k, (b) + 8), E4(k, (b) + 12)
#define E64(k, b)  E16(k, b), E16(k, (b) + 16), E16(k, (b) + 32), E16(k, (b) + 48)
#define E256(k)    { E64(k, 0), E64(k, 64), E64(k, 128), E64(k, 192) }

const uint16_t crc16_table[8][256] = {
	E256(0), E256(1), E256(2), E256(3), E256(4), E256(5), E256(6), E256(7),
};
/* clang-format on */

uint16_t knead_crc16(const void *data, size_t n)
{
	return crc16_update(CRC16_INIT, data, n);
}
