/* Queue ids. The long form's alphabet has no vowels, so that no id is ever a word. */
#include "lib/queue/queue_id.h"

#include "lib/base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define LENGTH_MIN     4 /* directories of hash levels have names of one octet */
#define SECONDS_DIGITS 6
#define MICROS_DIGITS  4
#define MICROS_HEX     5 /* digits of them in hexadecimal */

static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

bool queue_id_is_valid(const char *queue_id)
{
    size_t len = 0;

    for (; queue_id[len] != '\0'; len++) {
        if (len + 1 >= QUEUE_ID_MAX || !is_alnum((unsigned char)queue_id[len]))
            return false;
    }
    return len >= LENGTH_MIN;
}

bool queue_id_is_name(const char *text)
{
    size_t len = 0;

    while (is_alnum((unsigned char)text[len]) || text[len] == '_')
        len++;
    return len > 0 && text[len] == '\0';
}

/* At least `width` digits, behind what is in `to` */
static void append_number(char *to, uint64_t number, unsigned base, int width)
{
    char reversed[64];
    int len = 0;

    for (; number > 0 || len < width; number /= base)
        reversed[len++] = digits[number % base];
    to += strlen(to);
    while (len > 0)
        *to++ = reversed[--len];
    *to = '\0';
}

void queue_id_make(struct queue_id_source *source, bool long_ids, char queue_id_r[QUEUE_ID_MAX])
{
    struct timeval now = clock_wall();
    int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_usec;
    uint64_t seconds;
    uint64_t micros;

    if (now_us <= source->last_us)
        now_us = source->last_us + 1;
    source->last_us = now_us;
    if (source->pid == 0)
        source->pid = (unsigned)getpid();
    seconds = (uint64_t)now_us / 1000000;
    micros = (uint64_t)now_us % 1000000;
    if (!long_ids) {
        snprintf(queue_id_r, QUEUE_ID_MAX, "%05" PRIX64 "%08" PRIX64 "%X", micros, seconds,
                 source->pid);
        return;
    }
    queue_id_r[0] = '\0';
    append_number(queue_id_r, seconds, 52, SECONDS_DIGITS);
    append_number(queue_id_r, micros, 52, MICROS_DIGITS);
    queue_id_r[strlen(queue_id_r) + 1] = '\0';
    queue_id_r[strlen(queue_id_r)] = 'z';
    append_number(queue_id_r, source->pid, 51, 1);
}

/* The microseconds of a long id: the four digits before its last "z". False: this is a short one. */
static bool decode_micros(const char *queue_id, unsigned *micros_r)
{
    const char *separator = strrchr(queue_id, 'z');

    if (separator == NULL || separator - queue_id < SECONDS_DIGITS + MICROS_DIGITS)
        return false;
    *micros_r = 0;
    for (const char *digit = separator - MICROS_DIGITS; digit < separator; digit++) {
        const char *found = strchr(digits, *digit);
        if (found == NULL)
            return false;
        *micros_r = *micros_r * 52 + (unsigned)(found - digits);
    }
    return true;
}

/* What is hashed by: the microseconds in hexadecimal of a long id, all of a short one. */
static void hashed_text(const char *queue_id, char text_r[QUEUE_ID_MAX])
{
    unsigned micros;

    if (decode_micros(queue_id, &micros))
        snprintf(text_r, QUEUE_ID_MAX, "%05X", micros);
    else
        snprintf(text_r, QUEUE_ID_MAX, "%s", queue_id);
}

/* Cut, or filled up, to `depth` octets. */
static void fit(char hash[QUEUE_ID_MAX], size_t depth)
{
    size_t len = strlen(hash);

    if (depth >= QUEUE_ID_MAX)
        depth = QUEUE_ID_MAX - 1;
    if (len < depth)
        memset(hash + len, '_', depth - len);
    hash[depth] = '\0';
}

void queue_id_hash(const char *queue_id, size_t depth, char hash_r[QUEUE_ID_MAX])
{
    hashed_text(queue_id, hash_r);
    fit(hash_r, depth);
}

void queue_id_scatter(const char *queue_id, size_t depth, char hash_r[QUEUE_ID_MAX])
{
    char text[QUEUE_ID_MAX];
    size_t len;

    hashed_text(queue_id, text);
    len = strnlen(text, MICROS_HEX);
    for (size_t i = 0; i < len; i++)
        hash_r[i] = text[len - 1 - i];
    hash_r[len] = '\0';
    fit(hash_r, depth);
}
