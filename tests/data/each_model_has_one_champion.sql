-- Segments may have none: where no number of segments is good enough the rule segments stand alone, and those
-- are no version.

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
    or (model_name <> 'segments' and count(case when status = 'champion' then 1 end) = 0)
