-- Segments may have none: where no number of segments is good enough the rule segments stand alone, and those
-- are no version. Forecasts of sentiment have no other to take their place; that they are no better than naive, or
-- that nobody could tell yet, stands beside each of them.

with

model_versions as (

    select * from {{ ref('model_versions') }}

)

select
    model_name,
    count(case when status = 'champion' then 1 end) as champion_count
from model_versions
group by model_name
having
    count(case when status = 'champion' then 1 end) > 1
    or (
        model_name not in ('segments', 'sentiment_forecast')
        and count(case when status = 'champion' then 1 end) = 0
    )
