/* What the manual and buzonconf -H say of each parameter; in a file of its own so that the linker
 * leaves the texts out of daemons. */
#include "lib/config/parameter.h"

#define P(type, member, default_value, state, readers, doc) [INDEX_##member] = doc,

const char *const parameter_docs[PARAMETER_COUNT] = {
#include "lib/config/parameters.def"
};
#undef P

#define NAME_LEN_MAX 80 /* longer than any name of the table; longer ones have no near one */

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein distance of two names of at most NAME_LEN_MAX octets. */
static size_t measure_distance(const char *a, const char *b)
{
    size_t row[NAME_LEN_MAX + 1];
    size_t len = strlen(b);

    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);

            diagonal = row[j + 1];
            row[j + 1] = smallest(substituted, diagonal + 1, row[j] + 1);
        }
    }
    return row[len];
}

const char *parameter_nearest(const char *name)
{
    size_t len = strlen(name);
    size_t least = len / 3 + 1;
    const char *nearest = NULL;

    if (len > NAME_LEN_MAX)
        return NULL;
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        size_t distance = measure_distance(name, parameters[i].name);

        if (distance < least) {
            least = distance;
            nearest = parameters[i].name;
        }
    }
    return nearest;
}
