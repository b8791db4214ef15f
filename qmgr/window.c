/* Concurrency windows. */
#include "qmgr/window.h"

#include <math.h>
#include <stdlib.h>

static bool parse_divisor(const char *text, struct feedback *feedback)
{
    char *end;
    double number;

    if (strcmp(text, "concurrency") == 0) {
        feedback->divisor = FEEDBACK_CONCURRENCY;
        return true;
    }
    if (strcmp(text, "sqrt_concurrency") == 0) {
        feedback->divisor = FEEDBACK_SQRT_CONCURRENCY;
        return true;
    }
    number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number > 0))
        return false;
    feedback->amount /= number;
    return true;
}

bool feedback_parse(const char *text, struct feedback *feedback_r)
{
    struct feedback feedback = {.divisor = FEEDBACK_CONSTANT};
    char *end;

    feedback.amount = strtod(text, &end);
    if (end == text)
        return false;
    while (is_space((unsigned char)*end))
        end++;
    if (*end == '/') {
        for (end++; is_space((unsigned char)*end); end++)
            continue;
        if (!parse_divisor(end, &feedback))
            return false;
    } else if (*end != '\0') {
        return false;
    }
    if (!(feedback.amount >= 0) || feedback.amount > 1)
        return false;
    *feedback_r = feedback;
    return true;
}

double feedback_value(const struct feedback *feedback, int size)
{
    switch (feedback->divisor) {
    case FEEDBACK_CONSTANT:
        break;
    case FEEDBACK_CONCURRENCY:
        return feedback->amount / size;
    case FEEDBACK_SQRT_CONCURRENCY:
        return feedback->amount / sqrt(size);
    }
    return feedback->amount;
}

struct window window_start(const struct window_limits *limits)
{
    bool limited = limits->maximum > 0 && limits->initial > limits->maximum;

    return (struct window){.size = limited ? limits->maximum : limits->initial};
}

bool window_success(struct window *window, const struct window_limits *limits, int in_flight)
{
    double feedback;

    window->failed_cohorts = 0;
    if ((limits->maximum > 0 && window->size >= limits->maximum) ||
        window->size >= in_flight + limits->initial) /* nobody needs more */
        return false;
    feedback = feedback_value(&limits->positive, window->size);
    window->success += feedback;
    while (feedback > 0 && window->success + feedback / 2 >= 1) { /* or nearly 1, by rounding */
        window->size++;
        window->success--;
        window->failure = 0;
    }
    if (limits->maximum > 0 && window->size > limits->maximum)
        window->size = limits->maximum;
    return true;
}

/* At 1 it goes on counting, so that as much success is needed to outweigh it. */
bool window_failure(struct window *window, const struct window_limits *limits)
{
    double feedback;

    window->failed_cohorts += 1.0 / window->size;
    if (limits->failed_cohorts > 0 && window->failed_cohorts >= limits->failed_cohorts)
        return true;
    feedback = feedback_value(&limits->negative, window->size);
    window->failure -= feedback;
    while (window->failure - feedback / 2 < 0) {
        window->size--;
        window->success = 0;
        window->failure++;
    }
    if (window->size < 1)
        window->size = 1;
    return false;
}
