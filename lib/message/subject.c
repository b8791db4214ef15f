/* Base subjects: the steps of RFC 5256 section 2.1, by the grammar of its section 5. */
#include "lib/base/base.h"

#include "lib/message/subject.h"

/* Runs of white space become one space each; none at the ends. */
static struct span squeeze(char *subject, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        if (!is_space(subject[i]))
            subject[kept++] = subject[i];
        else if (kept > 0 && subject[kept - 1] != ' ')
            subject[kept++] = ' ';
    }
    if (kept > 0 && subject[kept - 1] == ' ')
        kept--;
    return span_of(subject, kept);
}

static struct span skip_spaces(struct span text)
{
    while (text.len > 0 && text.data[0] == ' ')
        text = span_skip(text, 1);
    return text;
}

/* Step 2, subj-trailer: "(fwd)" and white space at the end */
static bool drop_trailer(struct span *text)
{
    size_t len = text->len;

    while (len > 0 && text->data[len - 1] == ' ')
        len--;
    if (span_ends_with_nocase(span_first(*text, len), "(fwd)")) {
        text->len = len - 5;
        return true;
    }
    text->len = len;
    return false;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP */
static bool take_blob(struct span *text)
{
    size_t end = 1;

    if (text->len == 0 || text->data[0] != '[')
        return false;
    while (end < text->len && text->data[end] != '[' && text->data[end] != ']')
        end++;
    if (end == text->len || text->data[end] != ']')
        return false;
    *text = skip_spaces(span_skip(*text, end + 1));
    return true;
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static bool take_refwd(struct span *text)
{
    struct span at = *text;

    if (span_starts_with_nocase(at, "fwd"))
        at = span_skip(at, 3);
    else if (span_starts_with_nocase(at, "re") || span_starts_with_nocase(at, "fw"))
        at = span_skip(at, 2);
    else
        return false;
    at = skip_spaces(at);
    (void)!take_blob(&at);
    if (at.len == 0 || at.data[0] != ':')
        return false;
    *text = span_skip(at, 1);
    return true;
}

/* [blob] by [blob], up to what is none */
static struct span skip_blobs(struct span text)
{
    while (take_blob(&text))
        ;
    return text;
}

/* Step 3, subj-leader = (*subj-blob subj-refwd) / WSP; *reply is set for all but white space */
static bool drop_leader(struct span *text, bool *reply)
{
    struct span at = *text;

    if (at.len > 0 && at.data[0] == ' ') {
        *text = span_skip(at, 1);
        return true;
    }
    at = skip_blobs(at);
    if (!take_refwd(&at))
        return false;
    *text = at;
    *reply = true;
    return true;
}

/* Step 4: a blob in front goes, unless nothing would be left; and at once those behind it, which step 3 would
 * pass over again and again. */
static bool drop_blobs(struct span *text)
{
    struct span at = *text;
    bool dropped = false;

    while (take_blob(&at) && at.len > 0) {
        *text = at;
        dropped = true;
    }
    return dropped;
}

/* Step 6, "[fwd:" subject "]" */
static bool unwrap(struct span *text)
{
    if (!span_starts_with_nocase(*text, "[fwd:") || text->data[text->len - 1] != ']')
        return false;
    *text = span_first(span_skip(*text, 5), text->len - 6);
    return true;
}

struct span subject_base(char *subject, size_t len, bool *reply_r)
{
    struct span text = squeeze(subject, len);
    bool again = true;

    *reply_r = false;
    while (again) {
        while (drop_trailer(&text))
            *reply_r = true;
        do {
            again = drop_leader(&text, reply_r);
            again |= drop_blobs(&text);
        } while (again);
        again = unwrap(&text);
        *reply_r |= again;
    }
    return text;
}
