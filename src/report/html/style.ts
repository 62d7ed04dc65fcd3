/** Rows of a table that come onto paper; of a filtered table, of those that are shown. */
export const PRINTED_ROWS = 25;

/** The page's style sheet: light and dark by the reader's system, light on paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f5f6f8;--text:#1a1e24;--muted:#57606b;--rule:#d4d9df;--link:#1f5fa8;--good:#1a7f52;--doubt:#a05a00;
--critical:#b3202c;--warning:#a05a00;--notice:#2b63a6;--info:#57606b;
--s1:#2f6fb5;--s2:#c4491c;--s3:#12805f;--s4:#b17a00;--s5:#8347a0;--s6:#6b7683;--s7:#b4336b;--s8:#3f4a56}
@media screen and (prefers-color-scheme:dark){:root{--bg:#14171c;--panel:#1d2128;--text:#e4e7eb;--muted:#a0a9b4;--rule:#39414c;--link:#7db4f0;--good:#5fcf9b;--doubt:#f0b35a;
--critical:#ff8a8f;--warning:#f0b35a;--notice:#86b9f5;--info:#a0a9b4;
--s1:#64a5ea;--s2:#f2855a;--s3:#45c79c;--s4:#e5b548;--s5:#c48ee0;--s6:#98a3af;--s7:#f083b0;--s8:#cdd4dc}}
@media print{:root{color-scheme:light}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.1rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .6rem}
h3{font-size:1rem;margin:0 0 .2rem}
p{margin:.2rem 0}
a{color:var(--link)}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em;overflow-wrap:anywhere}
.eyebrow,.note,.meta{color:var(--muted);font-size:.86rem}
.lead{font-size:1.08rem;margin-bottom:1rem}
.printed{display:none}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.definitions{position:absolute}
.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-bottom:1.75rem}
.two>section{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.9rem 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem .9rem;margin:0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.facts{list-style:none;margin:0;padding:0}
.facts li{display:grid;grid-template-columns:1.3rem 1fr;margin:.2rem 0;overflow-wrap:anywhere}
.facts li>span:first-child{font-weight:700}
.good>span:first-child{color:var(--good)}
.doubt>span:first-child{color:var(--doubt)}
nav{margin:-.4rem 0 1rem;font-size:.9rem;color:var(--muted)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin:0;padding:0}
main>section,.part{margin-top:2.25rem}
.part>h2{border-bottom:1px solid var(--rule);padding-bottom:.3rem}
.findings{list-style:none;margin:0;padding:0;border-top:1px solid var(--rule)}
.findings>li{border-bottom:1px solid var(--rule);padding:.6rem 0}
.finding{display:grid;grid-template-columns:6.2rem 1fr;gap:.8rem;align-items:start}
.sentence{margin:0;overflow-wrap:anywhere}
.badge{display:inline-block;white-space:nowrap;font-size:.84rem;font-weight:650}
.badge.critical{color:var(--critical)}.badge.warning{color:var(--warning)}.badge.notice{color:var(--notice)}.badge.info{color:var(--info)}
summary{cursor:pointer;color:var(--link);font-size:.86rem;width:max-content;max-width:100%}
.copy{display:grid;grid-template-columns:8.2rem 1fr auto;gap:.6rem;align-items:baseline;margin:.3rem 0}
.copy>span{color:var(--muted);font-size:.84rem}
.copy code{background:var(--panel);border:1px solid var(--rule);border-radius:4px;padding:.15rem .4rem;user-select:all}
button{font:inherit;font-size:.82rem;color:var(--link);background:var(--bg);border:1px solid var(--rule);border-radius:4px;padding:.1rem .55rem;cursor:pointer}
html:not(.js) button,html:not(.js) .filter{display:none}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
figure.chart{margin:1.6rem 0 2.2rem;break-inside:avoid}
figcaption{margin-bottom:.6rem}
figcaption p{color:var(--muted);font-size:.92rem;overflow-wrap:anywhere}
figure svg.wide,figure svg.narrow{display:block;width:100%;height:auto}
figure svg.narrow{display:none;max-width:30rem}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--text)}
.axis text,.corner text,text.lane{fill:var(--muted)}
.grid{stroke:var(--rule);stroke-width:1}
.base,.tick{stroke:var(--muted);fill:none}
.zero{stroke:var(--muted);stroke-dasharray:2 3;fill:none}
path.lane{fill:none;stroke:var(--rule)}
.corner text{paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.label,.value{font-weight:500}
.marker path{stroke:var(--text);fill:none;stroke-width:1.2}
.marker text{font-weight:600;stroke:var(--bg);stroke-width:4px;paint-order:stroke}
.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}.s8{--c:var(--s8)}
.pattern rect{fill:color-mix(in srgb,var(--c) 26%,var(--bg))}
.pattern.solid rect{fill:var(--c)}
.pattern path{stroke:var(--c);stroke-width:1.7;fill:none}
.pattern circle{fill:var(--c)}
.area{stroke:var(--c);stroke-width:.8}
.line{fill:none;stroke:var(--c);stroke-width:1.8}
path.mark{fill:color-mix(in srgb,var(--c) 35%,transparent);stroke:var(--c);stroke-width:1.4}
.life{stroke:var(--muted);stroke-width:1.4;fill:none}
.arrow{stroke:var(--c);stroke-width:1.7;fill:none}
.head{fill:var(--c);stroke:none}
.flags{font-weight:600}
.state{font-weight:500}
text.mark,text.fold{fill:var(--muted);stroke:var(--bg);stroke-width:5px;paint-order:stroke}
.where{fill:var(--muted)}
.narrow .state{font-size:11px}
.narrow .where,.narrow .said{stroke:var(--bg);stroke-width:4px;paint-order:stroke}
pre{overflow-x:auto;font:12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--panel);border:1px solid var(--rule);border-radius:4px;padding:.6rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.5rem 0 0;padding:0;font-size:.88rem}
.legend li{display:flex;align-items:center;gap:.45rem;overflow-wrap:anywhere}
.swatch{flex:none}
section.table{margin:1.6rem 0 2.2rem}
.filter{margin:.4rem 0;font-size:.9rem}
input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--muted);border-radius:4px;padding:.15rem .5rem;width:14rem;max-width:100%}
output{color:var(--muted)}
.scroll{overflow-x:auto;max-height:34rem;overflow-y:auto;border:1px solid var(--rule);border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums}
th{position:sticky;top:0;z-index:1;background:var(--panel);text-align:left;font-weight:600}
th,td{padding:.3rem .5rem;border-bottom:1px solid var(--rule);vertical-align:top}
th{vertical-align:bottom;line-height:1.25}
td{white-space:nowrap}
td.w{white-space:normal;min-width:24rem;overflow-wrap:anywhere}
.n{text-align:right}
th button{border:0;background:none;color:inherit;font:inherit;padding:0;text-align:inherit}
th button::after{content:"\\a0\\2195";color:var(--muted)}
th[aria-sort=ascending] button::after{content:"\\a0\\2191";color:inherit}
th[aria-sort=descending] button::after{content:"\\a0\\2193";color:inherit}
footer{margin-top:3rem;border-top:1px solid var(--rule);padding-top:.8rem}
@media screen and (min-width:78rem){#tables{margin-inline:-8rem}}
@media screen and (min-width:94rem){#tables{margin-inline:-15rem}}
@media screen and (max-width:46rem){
body{font-size:14.5px}
main{padding:1rem .85rem 3rem}
.two{grid-template-columns:1fr}
.finding{grid-template-columns:1fr;gap:.15rem}
.copy{grid-template-columns:1fr auto}
.copy code{grid-column:1/-1;grid-row:2}
figure svg.wide{display:none}
figure svg.narrow{display:block}
td.w{min-width:17rem}
td .copy{grid-template-columns:1fr auto}
}
@media print{
body{font-size:10.5pt}
main{max-width:none;padding:0}
nav,button,.filter{display:none!important}
.scroll{max-height:none;overflow:visible;border:0}
td,td.w{white-space:normal;min-width:0;overflow-wrap:break-word}
td.n{white-space:nowrap}
th{position:static}
th,td{padding:.2rem .3rem}
table{font-size:7pt}
tr,li,.two>section{break-inside:avoid}
h2,h3{break-after:avoid}
td .check,details:not([open]){display:none}
summary{list-style:none;color:inherit}
summary::-webkit-details-marker{display:none}
td .badge{font-size:inherit}
section.table>.note,thead{break-after:avoid}
section.table{margin:1rem 0 1.2rem}
footer{margin-top:.6rem;padding-top:.4rem;break-inside:avoid}
footer .note{font-size:8pt}
tbody tr:nth-child(n+${PRINTED_ROWS + 1} of :not([hidden])){display:none}
.printed{display:block}
pre{white-space:pre-wrap}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
figure svg.wide{display:block}
figure svg.narrow{display:none}
}
`;
