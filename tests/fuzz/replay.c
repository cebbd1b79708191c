/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives each file that is named to the fuzz target, so that seeds replay without libFuzzer. */
#include <stdio.h>

#include "fuzz.h"

#define SEED_MAX (1 << 20)

static int replay(const char *path)
{
	uint8_t *data = malloc(SEED_MAX);
	FILE *file = fopen(path, "rb");
	size_t size = 0;
	int err = !data || !file;

	if (!err) {
		size = fread(data, 1, SEED_MAX, file);
		err = ferror(file) || !feof(file);
	}
	if (err)
		perror(path);
	else
		LLVMFuzzerTestOneInput(data, size);
	if (file)
		fclose(file);
	free(data);
	return err;
}

int main(int argc, char *argv[])
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s SEED...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (replay(argv[i]))
			return 1;
	printf("%s: %d seeds\n", argv[0], argc - 1);
	return 0;
}
