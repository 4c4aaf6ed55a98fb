/* Vectorscan over the same haystack and literals as the bench: prints occurrences and the processor
 * seconds of the best scan. Built by scripts/vectorscan. Usage: vectorscan HAYSTACK LITERALS ROUNDS */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_LITERALS 8192

static unsigned long long n_found;

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    (void)id, (void)from, (void)to, (void)flags, (void)context;
    n_found++;
    return 0;
}

static char *read_whole(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    if (!bytes || fread(bytes, 1, *length, file) != *length) { perror(path); exit(1); }
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static const char *literals[MOST_LITERALS];
    static size_t lengths[MOST_LITERALS];
    static unsigned flags[MOST_LITERALS], ids[MOST_LITERALS];
    unsigned n = 0;
    size_t length, text_length;
    if (argc != 4) { fprintf(stderr, "usage: vectorscan HAYSTACK LITERALS ROUNDS\n"); return 2; }
    char *text = read_whole(argv[2], &text_length);
    for (char *line = text; *line && n < MOST_LITERALS; n++) {
        char *end = strchr(line, '\n');
        literals[n] = line;
        lengths[n] = end ? (size_t)(end - line) : strlen(line);
        ids[n] = n;
        line = end ? end + 1 : line + lengths[n];
    }
    hs_database_t *database;
    hs_compile_error_t *error;
    if (hs_compile_lit_multi(literals, flags, ids, lengths, n, HS_MODE_BLOCK, NULL, &database, &error)) {
        fprintf(stderr, "failed to compile %u literals: %s\n", n, error->message);
        return 1;
    }
    hs_scratch_t *scratch = NULL;
    if (hs_alloc_scratch(database, &scratch)) { fprintf(stderr, "failed to allocate scratch\n"); return 1; }
    char *haystack = read_whole(argv[1], &length);
    double best = 1e9;
    for (int round = atoi(argv[3]); round > 0; round--) {
        n_found = 0;
        double start = now();
        if (hs_scan(database, haystack, (unsigned)length, 0, scratch, count, NULL)) return 1;
        double took = now() - start;
        if (took < best) best = took;
    }
    printf("%llu %.9f\n", n_found, best);
    return 0;
}
