/* SPDX-License-Identifier: MIT */
/* Linked with the whole core, libc and libm: a core that needed anything else would not link. Does nothing. */
int main(void)
{
	return 0;
}
