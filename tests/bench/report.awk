# report.awk - lines of "group, name, value" as tables with bars, and as SVG
#
# usage: awk -f report.awk -v svg=FILE -v medians=FILE results. A group is a
# table; the figure of a name in it is the median of its values, and goes to
# medians as a line of "group, name, median", too.
BEGIN { FS = "\t" }

{
    if (!($1 in names)) groups[++group_count] = $1
    key = $1 FS $2
    if (!(key in count)) names[$1] = names[$1] FS $2
    values[key, ++count[key]] = $3
}

function median(key,    i, j, n, v, t) {
    n = count[key]
    for (i = 1; i <= n; i++) v[i] = values[key, i]
    for (i = 2; i <= n; i++) # by insertion: there are few
        for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
            t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
        }
    return v[int((n + 1) / 2)]
}

function bar(length_,    s) {
    while (length_-- > 0) s = s "█"
    return s
}

END {
    y = 10
    for (g = 1; g <= group_count; g++) {
        n = split(substr(names[groups[g]], 2), list, FS)
        top = 0
        for (i = 1; i <= n; i++) {
            figure[i] = median(groups[g] FS list[i])
            print groups[g] FS list[i] FS figure[i] > medians
            if (figure[i] + 0 > top) top = figure[i] + 0
        }
        print groups[g]
        y += 30
        body = body sprintf("<text x='10' y='%d' font-weight='bold'>%s</text>\n", y, groups[g])
        for (i = 1; i <= n; i++) {
            share = top > 0 ? figure[i] / top : 0
            printf "  %-20s %9s  %s\n", list[i], figure[i], bar(int(share * 30 + 0.5))
            y += 20
            body = body sprintf("<text x='10' y='%d'>%s</text>" \
                "<rect x='170' y='%d' width='%.1f' height='14' fill='#4878a8'/>" \
                "<text x='%.1f' y='%d'>%s</text>\n", \
                y, list[i], y - 12, share * 420 + 1, share * 420 + 177, y, figure[i])
        }
        print ""
    }
    printf "<svg xmlns='http://www.w3.org/2000/svg' width='700' height='%d' " \
        "font-family='sans-serif' font-size='13'>\n" \
        "<rect width='100%%' height='100%%' fill='white'/>\n%s</svg>\n", \
        y + 20, body > svg
}
