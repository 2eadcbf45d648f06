-- Who scores. Folds chose the settings; what decides is the rows that training never saw.

with

evaluations as (

    select * from {{ ref('eval_churn_models') }}
    where split not like 'fold%' and split <> 'validation'

),

criteria as (

    select * from {{ ref('model_criteria') }}
    where model_name = 'churn'

),

figures as (

    {{ deciding_figures('evaluations', 'criteria') }}

),

accepted as (

    {{ accepted_figures('figures') }}

)

{{ defended_decisions('accepted') }}
